package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code says what kind of failure an [Error] is. Dialects map it to a status
// and a body; nothing else does.
type Code string

// The codes. An error without one is Internal, and no detail of it is shown.
const (
	// Invalid: the request breaks the contract or a rule of the backend.
	Invalid Code = "invalid"
	// Unauthorized: no key, or one that is unknown, expired or revoked.
	Unauthorized Code = "unauthorized"
	// Forbidden: the key lacks the scope that the operation needs.
	Forbidden Code = "forbidden"
	// NotFound: no such operation, or no such object in the key's account.
	NotFound Code = "not_found"
	// MethodNotAllowed: the path exists, but not with this method.
	MethodNotAllowed Code = "method_not_allowed"
	// TooLarge: a body over its limit.
	TooLarge Code = "too_large"
	// Conflict: an alias, name or domain that is taken.
	Conflict Code = "conflict"
	// RateLimited: a limit of ours or of the backend is spent.
	RateLimited Code = "rate_limited"
	// Unsupported: the backend cannot do the operation (no Fields), or cannot
	// honour what a field asks for (Fields names them).
	Unsupported Code = "unsupported"
	// Unavailable: the backend or the database did not answer, or not sensibly.
	Unavailable Code = "unavailable"
	// Internal: a fault of ours.
	Internal Code = "internal"
)

// Error is a failure that a client may be told of. Message and Fields are
// written for the client and never hold a secret; Err is for the log alone.
type Error struct {
	// Code is the kind of failure.
	Code Code

	// Message is a full sentence for the client.
	Message string

	// Fields names what is wrong where, in the order of discovery.
	Fields []FieldError

	// Allow lists the methods that would do, for MethodNotAllowed.
	Allow []string

	// RetryAfter is how long to wait, for RateLimited and Unavailable; 0 means
	// unknown.
	RetryAfter time.Duration

	// Err is the cause, for the log alone.
	Err error
}

// FieldError says what is wrong with one field of a request.
type FieldError struct {
	// Field is the path of the field as the client sent it, such as
	// "geotarget[0].location".
	Field string `json:"field"`

	// Message is a clause or sentence about the field.
	Message string `json:"message"`
}

// Error implements error, for the log.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	b.WriteString(": ")
	b.WriteString(e.Message)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// RetrySeconds is RetryAfter in whole seconds, none of them too few.
func (e *Error) RetrySeconds() int64 {
	return int64((e.RetryAfter + time.Second - 1) / time.Second)
}

// Errorf returns an error whose message, for the client, is formatted. It
// takes no %w: a cause is not for the client.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// InvalidField returns an Invalid error about one field. The message stands
// alone where it is a sentence ("Please enter a valid URL."), and behind the
// field's name where it is a clause ("must be an integer").
func InvalidField(field, message string) *Error {
	return InvalidFields(FieldError{Field: field, Message: message})
}

// InvalidFields returns an Invalid error about the given fields, at least one.
func InvalidFields(fields ...FieldError) *Error {
	return &Error{Code: Invalid, Message: Sentence(fields[0]), Fields: fields}
}

// Sentence writes a field error as one sentence that names the field unless
// the message is already a sentence of its own.
func Sentence(f FieldError) string {
	if f.Message != "" && f.Message[0] >= 'A' && f.Message[0] <= 'Z' || f.Field == "" {
		return f.Message
	}
	return f.Field + " " + strings.TrimSuffix(f.Message, ".") + "."
}

// AsError returns err as a coded error: itself where it is one, Unavailable
// for a deadline or cancellation, and Internal with no detail otherwise.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Error{Code: Unavailable, Message: "The request took too long.", Err: err}
	}
	return &Error{Code: Internal, Message: "An internal error occurred.", Err: err}
}
