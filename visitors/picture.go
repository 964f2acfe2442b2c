package visitors

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"image"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/qr"
	"github.com/linkquay/linkquay/shortener"
)

const (
	// picturesKept is how many pictures are remembered, pictureKept for how
	// long; one of 2,048 pixels with a logo has some 100 KB.
	picturesKept = 256
	pictureKept  = 10 * time.Minute
)

// picturesAtOnce bounds what is drawn at the same time, so that redirects keep
// half of the processors: anybody may ask for pictures of any size.
func picturesAtOnce() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// pictures draws QR codes and remembers them.
type pictures struct {
	slots chan struct{}
	drawn *cache[pictureKey, picture]
}

// pictureKey is all that a picture depends on: what a link holds changes its
// time of update.
type pictureKey struct {
	link    int64
	updated int64
	payload string
	svg     bool
	size    int
}

type picture struct {
	data []byte
	tag  string
}

func newPictures(now func() time.Time) *pictures {
	return &pictures{
		slots: make(chan struct{}, picturesAtOnce()), drawn: newCache[pictureKey, picture](picturesKept, pictureKept, now),
	}
}

// picture answers with the picture of a QR code, or of a plain one with the
// short URL of another link.
func (h *Handler) picture(w http.ResponseWriter, r *http.Request, domain *shortener.Domain, name string) error {
	alias, suffix, _ := strings.Cut(name, ".")
	if !shortener.IsAlias(alias) || suffix != "" && suffix != "png" && suffix != "svg" || strings.HasSuffix(name, ".") {
		return ErrNotFound
	}
	size := qr.DefaultSize
	if asked := r.URL.Query().Get("size"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < qr.MinSize || n > qr.MaxSize {
			h.cfg.Count(Refused)
			header := w.Header()
			header.Set("Content-Type", "text/plain; charset=utf-8")
			header.Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, "size must be a whole number from %d to %d.\n", qr.MinSize, qr.MaxSize)
			return nil
		}
		size = n
	}
	l, err := h.store.LinkByAlias(r.Context(), hostOf(domain), alias)
	if err != nil {
		return notFoundOr(err)
	}
	key := pictureKey{link: l.ID, updated: l.Updated.UnixNano(), svg: suffix == "svg", size: size}
	if key.payload, err = payload(l, h.links.ShortURL(l, h.cfg.Origin(r))); err != nil {
		return drawing(err)
	}
	p, err := h.pictures.drawn.get(r.Context(), key, func(ctx context.Context) (picture, error) {
		return h.draw(ctx, l, key)
	})
	if err != nil {
		return drawing(err)
	}
	h.cfg.Count(Pictured)
	header := w.Header()
	header.Set("Content-Type", "image/png")
	if key.svg {
		header.Set("Content-Type", "image/svg+xml")
	}
	// Opened by itself an SVG is a page of this site: it may load nothing.
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	header.Set("Cache-Control", "public, max-age=300")
	header.Set("ETag", p.tag)
	http.ServeContent(w, r, "", l.Updated, bytes.NewReader(p.data))
	return nil
}

// payload returns what the code of a link holds: the short URL, so that scans
// are counted and the destination can change, unless it is a code of something
// else.
func payload(l *shortener.Link, short string) (string, error) {
	if code := l.Options.QR; code != nil && code.Type != "link" {
		return qr.Payload(code.Type, code.Data)
	}
	return short, nil
}

// drawing returns the failure to draw a code that was accepted once: the
// client can do nothing about it.
func drawing(err error) error {
	return &api.Error{Code: api.Internal, Message: "The QR code cannot be drawn.", Err: err}
}

func (h *Handler) draw(ctx context.Context, l *shortener.Link, key pictureKey) (picture, error) {
	select {
	case h.pictures.slots <- struct{}{}:
		defer func() { <-h.pictures.slots }()
	case <-ctx.Done():
		return picture{}, ctx.Err()
	}
	options := qr.Options{Size: key.size}
	if code := l.Options.QR; code != nil {
		options.Foreground, options.Background = colour(code.Foreground, options.Foreground), colour(code.Background, options.Background)
		options.Logo = h.logo(l.ID, code)
	}
	code, err := qr.New(key.payload, options)
	if err != nil && options.Logo != nil {
		// Better without its logo than not at all.
		options.Logo = nil
		code, err = qr.New(key.payload, options)
	}
	if err != nil {
		return picture{}, err
	}
	var b bytes.Buffer
	if key.svg {
		err = code.SVG(&b)
	} else {
		err = code.PNG(&b)
	}
	if err != nil {
		return picture{}, err
	}
	sum := sha256.Sum256(b.Bytes())
	return picture{data: b.Bytes(), tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}, nil
}

// logo returns the picture for the middle of a code, nil where there is none
// or it cannot be read: the code works without.
func (h *Handler) logo(link int64, code *shortener.QR) image.Image {
	if code.LogoFile == "" || h.cfg.Files == nil {
		return nil
	}
	f, _, err := h.cfg.Files.OpenFile(code.LogoFile)
	if err == nil {
		defer func() { _ = f.Close() }()
		var img image.Image
		if img, err = qr.DecodeLogo(f); err == nil {
			return img
		}
	}
	h.cfg.Logger.Warn("a QR code is drawn without its logo", zap.Int64("link", link), zap.Error(err))
	return nil
}
