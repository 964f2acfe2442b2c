package native

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

type fileRow struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Downloads int64  `json:"downloads"`
	ShortURL  string `json:"shorturl"`
	Date      string `json:"date"`
	Filename  string `json:"filename"`
	Size      int64  `json:"size"`
}

// listFiles answers a list without data around it, unlike all others.
func (a *Adapter) listFiles(ctx context.Context, call *api.Call) (*api.Reply, error) {
	page := adapters.PageOf(call.Query)
	uploads, total, err := a.cfg.Shortener.Store().Uploads().List(ctx, call.Key.Account, call.Query.Get("name"), page.Limit, page.Offset())
	if err != nil {
		return nil, err
	}
	return reply(struct {
		Error int `json:"error"`
		adapters.Paging
		List []any `json:"list"`
	}{Paging: page.Of(total), List: rowsOf(uploads, func(u *shortener.Upload) any {
		file := u.Link.Options.File
		return fileRow{
			ID: u.ID, Name: file.Name, Downloads: u.Link.AllClicks(), ShortURL: a.shortURL(call, &u.Link),
			Date: a.date(u.Link.Created), Filename: file.Filename, Size: file.Size,
		}
	})})
}

// uploadFile checks what can be checked before it takes the body in: nobody
// shall send 100 MiB to learn that the alias is taken.
func (a *Adapter) uploadFile(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if u, found, err := earlier(ctx, call, a.cfg.Shortener.Store().Uploads().Repeated); found || err != nil {
		if found {
			a.skipFile(call.File)
		}
		return a.uploaded(call, u, true, err)
	}
	u, err := a.newUpload(call)
	if err != nil {
		return nil, err
	}
	if err := a.cfg.Shortener.CheckUpload(ctx, u, api.HostOf(call.Origin)); err != nil {
		return nil, err
	}
	stored, err := a.keepFile(ctx, call.File)
	if err != nil {
		return nil, err
	}
	file := u.Link.Options.File
	file.Stored, file.Size, file.ContentType = stored.Name, stored.Size, stored.ContentType
	repeated, err := a.cfg.Shortener.CreateUpload(ctx, u, call.Query.Get("password"), api.HostOf(call.Origin), once(call))
	if repeated || isUndone(err) {
		a.discard(stored.Name)
	}
	return a.uploaded(call, u, repeated, err)
}

func (a *Adapter) uploaded(call *api.Call, u *shortener.Upload, repeated bool, err error) (*api.Reply, error) {
	if err != nil {
		return nil, err
	}
	return replayed(repeated)(reply(struct {
		Error    int    `json:"error"`
		ID       int64  `json:"id"`
		ShortURL string `json:"shorturl"`
	}{ID: u.ID, ShortURL: a.shortURL(call, &u.Link)}))
}

// newUpload is the upload that the query asks for.
func (a *Adapter) newUpload(call *api.Call) (*shortener.Upload, error) {
	query := call.Query
	l := shortener.Link{
		Account: call.Key.Account,
		Type:    shortener.TypeDirect,
		Alias:   query.Get("custom"),
		Options: shortener.Options{File: &shortener.File{Name: query.Get("name"), Filename: call.Path.Filename}},
	}
	if l.Options.File.Name == "" {
		l.Options.File.Name = call.Path.Filename
	}
	if domain := query.Get("domain"); domain != "" {
		l.Domain = domainOf(call, domain)
	}
	if expiry := query.Get("expiry"); expiry != "" {
		var err error
		if l.Expires, err = a.end("expiry", expiry); err != nil {
			return nil, err
		}
	}
	if n, err := strconv.ParseInt(query.Get("maxdownloads"), 10, 64); err == nil {
		l.Options.ClickLimit = n
	}
	return &shortener.Upload{Link: l}, nil
}

func (a *Adapter) deleteFile(ctx context.Context, call *api.Call) (*api.Reply, error) {
	u, err := a.cfg.Shortener.DeleteUpload(ctx, call.Key.Account, call.Path.ID)
	if err != nil {
		return nil, err
	}
	if u.Link.Options.File != nil {
		a.discard(u.Link.Options.File.Stored)
	}
	return message("File has been deleted successfully.")
}

// cut shortens a text to a number of bytes, between characters.
func cut(s string, length int) string {
	if len(s) <= length {
		return s
	}
	s = s[:length]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return strings.TrimSpace(s)
}
