package native

import (
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// splashCounter is how many seconds a splash page lasts that does not say.
const splashCounter = 10

type splashRow struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Date    string `json:"date"`
	Title   string `json:"title"`
	Message string `json:"message"`
	Counter int    `json:"counter"`
	Image   string `json:"image"`
	Button  string `json:"button"`
}

type splashDocument struct {
	Name    string `json:"name,omitempty"`
	Title   string `json:"title,omitempty"`
	Message string `json:"message,omitempty"`
	Counter int    `json:"counter"`
	Image   string `json:"image,omitempty"`
	Button  string `json:"button,omitempty"`
}

func (a *Adapter) splashPages() *kind[shortener.Splash] {
	return &kind[shortener.Splash]{
		title:   "Splash page",
		rows:    "splash",
		objects: a.cfg.Shortener.Store().SplashPages(),
		blank: func(account string) *shortener.Splash {
			return &shortener.Splash{Account: account, Counter: splashCounter}
		},
		read: func(call *api.Call) (func(*shortener.Splash), error) {
			var in struct {
				Name, Title, Message, Image, Button *string
				Counter                             *int
			}
			if err := decode(call, &in); err != nil {
				return nil, err
			}
			if err := a.checkTarget(call, "image", in.Image); err != nil {
				return nil, err
			}
			return func(s *shortener.Splash) {
				set(&s.Name, in.Name)
				set(&s.Title, in.Title)
				set(&s.Message, in.Message)
				set(&s.Counter, in.Counter)
				set(&s.Image, in.Image)
				set(&s.Button, in.Button)
			}, nil
		},
		row: func(_ *api.Call, s *shortener.Splash) any {
			return splashRow{
				ID: s.ID, Name: s.Name, Date: a.date(s.Created), Title: s.Title, Message: s.Message,
				Counter: s.Counter, Image: s.Image, Button: s.Button,
			}
		},
		document: func(o *shortener.Splash) any {
			return splashDocument{o.Name, o.Title, o.Message, o.Counter, o.Image, o.Button}
		},
		made:     func(o *shortener.Splash) (*int64, *time.Time) { return &o.ID, &o.Created },
		carries:  adapters.KindSplash,
		creation: api.CreateSplashPage,
		contract: a.cfg.Contract,
		created:  func(_ *api.Call, s *shortener.Splash) any { return identified{ID: s.ID} },
	}
}
