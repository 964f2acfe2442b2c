package gempixel

import (
	"slices"
	"strings"
	"time"
)

// file is an upload.
type file struct {
	address
	content []byte
	expiry  time.Time
}

// fileFields are the query parameters that an upload may have.
var fileFields = []string{"name", "custom", "domain", "password", "expiry", "maxdownloads"}

// uploadFile keeps a body of any kind. Its parameters are in the query.
func (c *call) uploadFile() (reply, error) {
	if len(c.body) == 0 {
		return nil, refusal("The file is empty.")
	}
	c.sent = map[string]any{"name": c.r.PathValue("name")}
	for _, name := range fileFields {
		if v := c.query.Get(name); v != "" {
			c.sent[name] = v
		}
	}
	f := &file{content: c.body}
	if err := c.place(&f.address, 0); err != nil {
		return nil, err
	}
	if expiry := text(c.sent["expiry"]); expiry != "" {
		var err error
		if f.expiry, err = c.time(expiry); err != nil {
			return nil, err
		}
	}
	o := &object{id: c.site.next(files.base), account: c.account, date: c.now, fields: c.sent, file: f}
	c.site.objects[files.base] = append(c.site.objects[files.base], o)
	return reply{"id": o.id, "shorturl": f.shortURL()}, nil
}

// listFiles is the one list that is flat.
func (c *call) listFiles() (reply, error) {
	name := strings.ToLower(c.query.Get("name"))
	found := slices.DeleteFunc(c.mine(files), func(o *object) bool {
		return !strings.Contains(strings.ToLower(text(o.fields["name"])), name)
	})
	return page(c, "list", found, func(o *object) reply {
		row := dated("name")(c, o)
		row["downloads"], row["shorturl"] = o.visits, o.file.shortURL()
		return row
	}), nil
}
