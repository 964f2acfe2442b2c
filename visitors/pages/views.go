package pages

// Notice says why a link does not open.
type Notice struct {
	// Key is gone, notstarted or blocked.
	Key string
}

func (Notice) name() string     { return "notice" }
func (Notice) sources() sources { return sources{} }

// Password asks for a link's password, by POST to the address of the page.
type Password struct {
	// Problem says what was wrong with the last attempt: wrong, empty, toolong;
	// empty at first.
	Problem string

	// Limited says that there were too many attempts, Wait for how many seconds, Path
	// where to try again.
	Limited bool
	Wait    int64
	Path    string
}

func (Password) name() string     { return "password" }
func (Password) sources() sources { return sources{form: true} }

// Destination is where a page leads on.
type Destination struct {
	// URL is the destination, Host the part of it that people know it by, Shown
	// the whole of it as they can read it.
	URL   string
	Host  string
	Shown string
}

// Splash stands before the destination. Its texts may be empty: it then has
// those of the visitor's language.
type Splash struct {
	Destination

	Title   string
	Message string

	// Image is the URL of a picture; one that is not of the web is left out.
	Image string

	Button string

	// Counter is how many seconds pass before the visitor is led on, which can
	// be stopped; 0 means that nobody is led on. Without scripts nobody is:
	// what cannot be stopped must not move (WCAG 2.2.1).
	Counter int
}

func (Splash) name() string { return "splash" }

// Picture is the image where the page may load it.
func (s Splash) Picture() string {
	if source(s.Image) == "" {
		return ""
	}
	return s.Image
}

func (s Splash) sources() sources {
	x := sources{scripted: s.Counter > 0}
	if image := source(s.Image); image != "" {
		x.image = []string{image}
	}
	return x
}

// Box is a message over the destination.
type Box struct {
	Message string
	Label   string

	// Link and Button are where the message leads, Email whom it writes to.
	Link   string
	Button string
	Email  string

	// Position is top, bottom, topleft, topright, bottomleft or bottomright.
	Position string

	// Colours have a readable contrast; [BoxColours] makes them.
	Colours
}

// Frame shows the destination in a frame, with Box over it unless that is nil.
type Frame struct {
	Destination

	Title string
	Box   *Box
}

func (Frame) name() string { return "frame" }

// The framed page may lead on to any other.
func (Frame) sources() sources { return sources{frame: []string{"https:", "http:"}} }

// Overlay shows the box of a destination that cannot be framed, and a button
// that leads there.
type Overlay struct {
	Destination

	Box *Box
}

func (Overlay) name() string     { return "overlay" }
func (Overlay) sources() sources { return sources{} }

// Interstitial fires pixels and leads on within a second.
type Interstitial struct{ Destination }

func (Interstitial) name() string     { return "interstitial" }
func (Interstitial) sources() sources { return sources{scripted: true} }

// App tries to open an app, and leads to the destination where there is none.
type App struct {
	Destination

	// App is the address that opens the app, Store where to get it; Store may
	// be empty.
	App   string
	Store string
}

func (App) name() string     { return "app" }
func (App) sources() sources { return sources{scripted: true} }

// Preview is for programs that show a link to people: its title, text and
// picture, each of which may be empty. People are led on at once, unless the
// destination has no URL.
type Preview struct {
	Destination

	// Short is the short URL.
	Short string

	Title       string
	Description string
	Image       string
}

func (Preview) name() string     { return "preview" }
func (Preview) sources() sources { return sources{} }
