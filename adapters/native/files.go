package native

import (
	"context"
	"io"
	"math"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/files"
)

// uploadSilence is the default of Config.UploadSilence.
const uploadSilence = time.Minute

// Files keeps files. A *files.Dir is one.
type Files interface {
	// Put keeps what the body holds, durably, or nothing where it returns an
	// error. A body's own *api.Error is passed on.
	Put(ctx context.Context, body io.Reader, limit int64) (files.Stored, error)

	// Remove removes a file. One that is not there is no error.
	Remove(name string) error
}

// uploadLimit is none: the body of an upload comes with the limit that it is
// configured to have.
const uploadLimit = math.MaxInt64

// Logos fetches what clients name. A *guard.Client is one.
type Logos interface {
	// Get returns the body of an address, at most limit bytes, and the header.
	// Errors are those of the package guard.
	Get(ctx context.Context, address string, limit int64) ([]byte, http.Header, error)
}

// patient reads an upload, and gives it up where the client falls silent.
type patient struct {
	body    io.Reader
	timer   *time.Timer
	silence time.Duration
}

func (p *patient) Read(b []byte) (int, error) {
	p.timer.Reset(p.silence)
	defer p.timer.Stop()
	return p.body.Read(b)
}

// keepFile takes an upload in.
func (a *Adapter) keepFile(ctx context.Context, file *api.File) (files.Stored, error) {
	body, stop := a.patiently(file)
	defer stop()
	return a.cfg.Files.Put(ctx, body, uploadLimit)
}

// skipFile reads an upload that is not needed: some clients look for no answer
// before they have sent everything. Where that fails the answer stands.
func (a *Adapter) skipFile(file *api.File) {
	body, stop := a.patiently(file)
	defer stop()
	_, _ = io.Copy(io.Discard, body)
}

// patiently returns the body of an upload, which ends where the client falls
// silent. Stop must be called behind it.
func (a *Adapter) patiently(file *api.File) (body io.Reader, stop func()) {
	if file.Abort == nil {
		return file.Body, func() {}
	}
	timer := time.AfterFunc(a.cfg.UploadSilence, file.Abort)
	return &patient{file.Body, timer, a.cfg.UploadSilence}, func() { timer.Stop() }
}

// isUndone reports whether a write that failed has certainly left nothing. Where
// the database went away, it may have committed: then what the write names must
// stay, and where nothing names it the next sweep finds it.
func isUndone(err error) bool {
	return err != nil && api.AsError(err).Code != api.Unavailable
}

// discard removes a file that nothing names any more; an empty name is none.
// One that stays because the disk fails is found by the next sweep.
func (a *Adapter) discard(name string) {
	if name == "" {
		return
	}
	if err := a.cfg.Files.Remove(name); err != nil {
		a.cfg.Logger.Warn("a file that is not needed any more could not be removed", zap.Error(err))
	}
}
