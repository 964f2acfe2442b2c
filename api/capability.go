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

	// Fields is the support of each field of the operation's document, and of
	// each word in its path. A field of the contract that is missing is refused.
	Fields map[string]FieldCapability `json:"fields,omitempty"`

	// Query is the same for the operation's query parameters.
	Query map[string]FieldCapability `json:"query,omitempty"`
}

// FieldCapability is what a backend does with one field.
type FieldCapability struct {
	// Support is the support of every value that Values does not name.
	Support Support `json:"support"`

	// Values are the values whose support is another one; of an array, those of
	// its entries, and of an object, its members. The empty one takes away what
	// was there, and N stands for any number, as in overlay-N. A refused field may
	// well have some: they ask for nothing that the backend does not do anyway.
	Values map[string]Support `json:"values,omitempty"`
}

// Supports reports whether the operation is done at all, by whomever.
func (c Capabilities) Supports(op Operation) bool {
	s := c[op].Support
	return s == Native || s == Emulated
}

// Of returns the support of one value of the field.
func (c FieldCapability) Of(value string) Support {
	if s, ok := c.Values[value]; ok {
		return s
	}
	return c.Support
}
