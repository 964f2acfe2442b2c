package api

// Support is how a backend treats an operation or a field.
type Support string

// The kinds of support.
const (
	// Native: the backend does it itself.
	Native Support = "native"
	// Emulated: Linkquay does it for the backend.
	Emulated Support = "emulated"
	// Refused: a request for it is answered with an error that names it.
	Refused Support = "refused"
)

// Capabilities is what a backend does with each operation of the contract. An
// operation that is missing is refused.
type Capabilities map[Operation]Capability

// Capability is what a backend does with one operation.
type Capability struct {
	// Support is the support of the operation as a whole.
	Support Support `json:"support"`

	// Fields is the support of each field of the operation's document. A field
	// of the contract that is missing is refused.
	Fields map[string]FieldCapability `json:"fields,omitempty"`
}

// FieldCapability is what a backend does with one field.
type FieldCapability struct {
	// Support is the support of the field.
	Support Support `json:"support"`

	// Values are the only values that are honoured; empty means all that the
	// contract accepts. A refused field may still list values: those ask for
	// nothing that the backend does not do anyway.
	Values []string `json:"values,omitempty"`
}

// Supports reports whether the operation is done at all, by whomever.
func (c Capabilities) Supports(op Operation) bool {
	s := c[op].Support
	return s == Native || s == Emulated
}
