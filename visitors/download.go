package visitors

import (
	"fmt"
	"mime"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors/pages"
)

// conditions are the request headers by which a client asks for a part of what
// it has already (RFC 9110, sections 13 and 14).
var conditions = []string{"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}

// download hands a file out. Each answer with a body is a download, save where
// one goes on that was broken off: see permits.
func (h *Handler) download(o *opening) error {
	if err := h.read(o); err != nil {
		return err
	}
	file := o.link.Options.File
	if file == nil || h.cfg.Files == nil {
		return ErrNotFound
	}
	if o.target.Limit > 0 {
		if o.visitor.Preview {
			return h.describe(o, file)
		}
		// Whoever says to be a bot takes what everybody takes.
		o.decision.Take = o.r.Method != http.MethodHead
	}
	f, _, err := h.cfg.Files.OpenFile(file.Stored)
	if gone(err) {
		h.cfg.Logger.Warn("a file is missing in the folder of files", zap.Int64("link", o.target.LinkID))
	}
	if err != nil {
		return notFoundOr(err)
	}
	defer func() { _ = f.Close() }()
	// What is asked for conditionally may change below; the caller's request
	// stays as it is.
	r := o.r.Clone(o.r.Context())
	tag, goesOn := h.fileTag(o, r, file)
	if !goesOn {
		ok, err := h.left(o)
		if err != nil {
			return err
		}
		if !ok {
			return h.usedUp(o)
		}
		h.record(o)
	}
	h.cfg.Count(Downloaded)
	setFileHeader(o.w.Header(), file, tag)
	// ServeContent takes the names and times of what it is given: none of them
	// is the disk's.
	http.ServeContent(o.w, r, "", o.link.Created, f)
	return nil
}

// describe tells a preview of a file without handing it out: people who send
// each other the link must not lose a download to the program between them.
func (h *Handler) describe(o *opening, file *shortener.File) error {
	h.record(o)
	short := h.links.ShortURL(o.link, h.cfg.Origin(o.r))
	return h.write(o, http.StatusOK, Previewed, pages.Preview{
		Destination: pages.Destination{Host: bare(short)}, Short: short, Title: file.Filename,
	})
}

// fileTag returns the entity tag of the answer, and whether the request goes on
// with a download. Where no answer may be a part, it drops what asks for one.
func (h *Handler) fileTag(o *opening, r *http.Request, file *shortener.File) (tag string, goesOn bool) {
	if o.target.Limit == 0 {
		if r.Method == http.MethodPost {
			dropConditions(r)
		}
		// The rest of a file that is being read is no further visit.
		from := r.Header.Get("Range")
		return fmt.Sprintf("%q", file.Stored), from != "" && !strings.HasPrefix(strings.ReplaceAll(from, " ", ""), "bytes=0-")
	}
	if sent := r.Header.Get("If-Range"); r.Header.Get("Range") != "" && h.permits.valid(sent, file.Stored, o.visitor.Now) {
		return sent, true
	}
	dropConditions(r)
	return h.permits.tag(file.Stored, o.visitor.Now), false
}

func dropConditions(r *http.Request) {
	for _, name := range conditions {
		r.Header.Del(name)
	}
}

// setFileHeader sees to it that what strangers uploaded is saved, and is never
// run on the site of the short links.
func setFileHeader(header http.Header, file *shortener.File, tag string) {
	header.Set("Content-Type", fileType(file.ContentType))
	header.Set("Content-Disposition", files.Disposition(file.Filename))
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", tag)
}

const unknownType = "application/octet-stream"

// fileType returns the media type to hand a file out as: not one that browsers
// run scripts of.
func fileType(found string) string {
	kind, _, err := mime.ParseMediaType(found)
	if err != nil || strings.HasSuffix(kind, "xml") || strings.Contains(kind, "html") || strings.Contains(kind, "script") {
		return unknownType
	}
	return found
}
