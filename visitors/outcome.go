package visitors

// Outcome is what a visitor got, for the metric.
type Outcome uint8

// The outcomes.
const (
	// Redirected: sent to a destination.
	Redirected Outcome = iota
	// Paged: shown a page before, around or about a destination.
	Paged
	// Previewed: a preview was shown the link's own title, text and picture.
	Previewed
	// AskedPassword: shown the password's form.
	AskedPassword
	// WrongPassword: sent a password that is not the link's.
	WrongPassword
	// Limited: tried passwords too often.
	Limited
	// Downloaded: handed a file.
	Downloaded
	// Pictured: handed the picture of a QR code.
	Pictured
	// Gone: the link has ended, or not started yet.
	Gone
	// Blocked: the destination is on the blocklist.
	Blocked
	// Unknown: no such short link.
	Unknown
	// Refused: a method that the path does not take.
	Refused
	// Failed: the database or a file failed.
	Failed

	// Outcomes is how many there are.
	Outcomes = iota
)

var outcomeNames = [Outcomes]string{
	"redirect", "page", "preview", "password", "wrong_password", "limited", "download", "picture", "gone", "blocked",
	"unknown", "refused", "failed",
}

// String returns the outcome as a metric's label.
func (o Outcome) String() string { return outcomeNames[o] }
