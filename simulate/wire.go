package simulate

import (
	"bytes"
	"encoding/json"
	"time"
)

// wire is a Fault as JSON, with durations such as "1.5s". Its body may be any
// JSON; what is not a string is taken by its text.
type wire struct {
	Kind       Kind            `json:"kind"`
	Method     string          `json:"method,omitempty"`
	Path       string          `json:"path,omitempty"`
	After      int             `json:"after,omitempty"`
	Times      int             `json:"times,omitempty"`
	Percent    int             `json:"percent,omitempty"`
	Delay      duration        `json:"delay,omitempty"`
	Skew       duration        `json:"skew,omitempty"`
	RetryAfter duration        `json:"retry_after,omitempty"`
	Status     int             `json:"status,omitempty"`
	Body       json.RawMessage `json:"body,omitempty"`
	Fields     []string        `json:"fields,omitempty"`
	To         string          `json:"to,omitempty"`
	Commit     bool            `json:"commit,omitempty"`
}

type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = duration(v)
	return err
}

// MarshalJSON writes durations as text, such as "1.5s".
func (f Fault) MarshalJSON() ([]byte, error) {
	w := wire{
		Kind: f.Kind, Method: f.Method, Path: f.Path, After: f.After, Times: f.Times, Percent: f.Percent,
		Delay: duration(f.Delay), Skew: duration(f.Skew), RetryAfter: duration(f.RetryAfter),
		Status: f.Status, Fields: f.Fields, To: f.To, Commit: f.Commit,
	}
	if f.Body != "" {
		w.Body, _ = json.Marshal(f.Body)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON writes. Unknown members are errors.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var w wire
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return err
	}
	*f = Fault{
		Kind: w.Kind, Method: w.Method, Path: w.Path, After: w.After, Times: w.Times, Percent: w.Percent,
		Delay: time.Duration(w.Delay), Skew: time.Duration(w.Skew), RetryAfter: time.Duration(w.RetryAfter),
		Status: w.Status, Fields: w.Fields, To: w.To, Commit: w.Commit,
	}
	if json.Unmarshal(w.Body, &f.Body) != nil {
		f.Body = string(w.Body)
	}
	return nil
}
