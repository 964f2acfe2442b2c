package api

// Secret is a string that no log, error or JSON document shows.
type Secret string

// String implements fmt.Stringer and never returns the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "<secret>"
}

// GoString implements fmt.GoStringer and never returns the secret.
func (s Secret) GoString() string { return s.String() }

// MarshalText implements encoding.TextMarshaler and never returns the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the secret itself. Call it only where it is sent or compared.
func (s Secret) Reveal() string { return string(s) }
