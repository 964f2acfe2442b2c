package clicks

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed bots.txt
var botPatterns string

// previewers are what programs say of themselves that fetch a page to show a
// person what a link leads to.
var previewers = []string{
	"facebookexternalhit", "facebookcatalog", "facebot", "twitterbot", "slackbot-linkexpanding", "slack-imgproxy", "discordbot",
	"^whatsapp/", "telegrambot", "linkedinbot", "kakaotalk-scrap", "line-poker", "pinterestbot", "skypeuripreview",
	"snap url preview", "microsoftpreview", "bingpreview", "redditbot", "vkshare", "^viber/", "iframely", "embedly",
	"bluesky cardyb", "mastodon/", "pleroma", "misskey/", "xing-contenttabreceiver", "^blueno/", " blueno/", "zaloshare",
	"google-pagerenderer", "bitlybot", "tumblr/", "flipboardproxy", "yahoo link preview", "mattermost-bot", `rocket\.chat`, `synapse \(bot`,
}

// KindOf tells by the user agent alone whether a visit is a Human's, a Bot's
// or a Preview's. An empty one is a Bot's. It takes less than a microsecond
// for a browser's.
func KindOf(userAgent string) Kind {
	if userAgent == "" {
		return Bot
	}
	return matchers().kind(userAgent)
}

// IsPreview reports whether the user agent is that of a program that fetches a
// page to show a person what a link leads to.
func IsPreview(userAgent string) bool { return KindOf(userAgent) == Preview }

// matchers are made on first use: a command that counts nothing need not wait.
var matchers = sync.OnceValue(newMatcher)

// matcher knows the patterns of bots.txt and the previewers.
type matcher struct {
	automaton *automaton
	words     []word
	odd       []oddPattern
}

// word is a piece of text, with what must stand around it.
type word struct {
	text       string
	kind       Kind
	start      bool     // at the beginning of the user agent
	left       bool     // at the beginning of a word
	right      bool     // at the end of a word
	notBehind  []string // none of these is in front of it
	notInFront []string // none of these follows it
}

// oddPattern is one that is no text. Asking the expression costs more than all
// words together, so that something cheap is asked first.
type oddPattern struct {
	may  func(userAgent string) bool
	expr *regexp.Regexp
}

// rewritten are patterns as words, where that is possible.
var rewritten = map[string][]string{
	` daum[ /]`:                  {` daum `, ` daum/`},
	`^clamav[ /]`:                {`^clamav `, `^clamav/`},
	`^ddg[_-]android`:            {`^ddg_android`, `^ddg-android`},
	`(?:^|[^g])news(?!sapphire)`: {`(?<!g)news(?!sapphire)`},
	`(?<! cu)bots?(?:\b|_)`:      {`(?<! cu)bot\b`, `(?<! cu)bots\b`, `(?<! cu)bot_`, `(?<! cu)bots_`},
	`^[<\(;]`:                    {`^<`, `^\(`, `^;`},
	`ptst[ /]\d`:                 append(digits(`ptst `), digits(`ptst/`)...),
	`^dispatch/\d`:               digits(`^dispatch/`),
	`^zdm/\d`:                    digits(`^zdm/`),
	`(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))`: {`(?<! channel/|google/)google(?!wv|app|/google| pixel)`},
}

// guards say cheaply which user agents an odd pattern may match.
var guards = map[string]func(s string) bool{
	`;\s\w+;$`:                   func(s string) bool { return strings.HasSuffix(s, ";") },
	`@[a-z][\w-]+\.`:             func(s string) bool { return strings.IndexByte(s, '@') >= 0 },
	`\b\w+/1\.0;`:                func(s string) bool { return strings.Contains(s, "/1.0;") },
	`^[\w\-]+/[\w]+$`:            hasNoSpace,
	`^[^ ]{50,}$`:                hasNoSpace,
	`^\d+\b`:                     func(s string) bool { return s != "" && s[0]-'0' < 10 },
	`^\w*search\b`:               func(s string) bool { return run(s, isWordByte) >= len("search") && !isMozilla(s) },
	`^\w+/[\w\(\)]*$`:            hasNoSpace,
	`^\w+/\d\.\d\s\([\w@]+\)$`:   func(s string) bool { return strings.IndexByte(s, ')') == len(s)-1 },
	`^mozilla/\d\.\d\s[\w\.-]+$`: func(s string) bool { return isMozilla(s) && strings.IndexByte(s, '(') < 0 },
	`^mozilla/\d\.\d\s\((?:compatible;)?(?:\s?[\w\d-.]+[\s/]\d+\.\d+)?\)$`: func(s string) bool {
		return isMozilla(s) && strings.IndexByte(s, ')') == len(s)-1
	},
	`^[\w \.\-\(?:\):%]+(?:/v?\d+(?:\.\d+)?(?:\.\d{1,10})*?)?(?:,|$)`: func(s string) bool {
		s = s[run(s, func(c byte) bool { return isWordByte(c) || strings.IndexByte(" .-(?:)%", c) >= 0 }):]
		if s != "" && s[0] == '/' {
			s = s[1+run(s[1:], func(c byte) bool { return c-'0' < 10 || c == '.' || c|0x20 == 'v' }):]
		}
		return s == "" || s[0] == ','
	},
}

func hasNoSpace(s string) bool { return strings.IndexByte(s, ' ') < 0 }

func isMozilla(s string) bool {
	const name = "mozilla/"
	return len(s) > len(name) && strings.EqualFold(s[:len(name)], name)
}

// run returns how many bytes at the beginning are of the class.
func run(s string, class func(c byte) bool) int {
	n := 0
	for n < len(s) && class(s[n]) {
		n++
	}
	return n
}

// digits returns the word with each digit at its end.
func digits(word string) (words []string) {
	for d := '0'; d <= '9'; d++ {
		words = append(words, word+string(d))
	}
	return words
}

func newMatcher() *matcher {
	m := &matcher{}
	for _, p := range previewers {
		m.add(p, Preview)
	}
	for pattern := range strings.Lines(botPatterns) {
		pattern = strings.TrimSuffix(pattern, "\n")
		if pattern == "" || pattern[0] == '#' {
			continue
		}
		if words, ok := rewritten[pattern]; ok {
			for _, w := range words {
				m.add(w, Bot)
			}
			continue
		}
		m.add(pattern, Bot)
	}
	texts := make([]string, len(m.words))
	for i, w := range m.words {
		texts[i] = w.text
	}
	m.automaton = newAutomaton(texts)
	return m
}

func (m *matcher) add(pattern string, kind Kind) {
	if w, ok := parseWord(pattern); ok {
		w.kind = kind
		m.words = append(m.words, w)
		return
	}
	may, known := guards[pattern]
	if !known {
		may = func(string) bool { return true }
	}
	m.odd = append(m.odd, oddPattern{may: may, expr: regexp.MustCompile("(?i)" + pattern)})
}

// parseWord reads a pattern that is a text, anchored or not.
func parseWord(pattern string) (w word, ok bool) {
	if list, rest, found := strings.Cut(strings.TrimPrefix(pattern, "(?<!"), ")"); found && strings.HasPrefix(pattern, "(?<!") {
		w.notBehind, pattern = strings.Split(list, "|"), rest
	}
	if text, list, found := strings.Cut(pattern, "(?!"); found {
		list, closed := strings.CutSuffix(list, ")")
		if !closed {
			return word{}, false
		}
		w.notInFront, pattern = strings.Split(list, "|"), text
	}
	pattern, w.start = strings.CutPrefix(pattern, "^")
	pattern, w.left = strings.CutPrefix(pattern, `\b`)
	pattern, w.right = strings.CutSuffix(pattern, `\b`)
	text := make([]byte, 0, len(pattern))
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c == '\\' && i+1 < len(pattern) && strings.IndexByte(`.()|/`, pattern[i+1]) >= 0 {
			i++
			c = pattern[i]
		} else if strings.IndexByte(`\.()|[]{}*+?^$`, c) >= 0 {
			return word{}, false
		}
		text = append(text, c)
	}
	w.text = strings.ToLower(string(text))
	return w, w.text != ""
}

func (m *matcher) kind(userAgent string) Kind {
	kind := Human
	m.automaton.find(userAgent, func(number uint16, end int) bool {
		if w := &m.words[number]; (kind == Human || w.kind == Preview) && w.fits(userAgent, end) {
			kind = w.kind
		}
		return kind != Preview
	})
	if kind != Human {
		return kind
	}
	for i := range m.odd {
		if odd := &m.odd[i]; odd.may(userAgent) && odd.expr.MatchString(userAgent) {
			return Bot
		}
	}
	return Human
}

// fits reports whether what must stand around the word does.
func (w *word) fits(s string, end int) bool {
	begin := end - len(w.text)
	if w.start && begin > 0 || w.left && !isBoundary(s, begin) || w.right && !isBoundary(s, end) {
		return false
	}
	for _, before := range w.notBehind {
		if begin >= len(before) && strings.EqualFold(s[begin-len(before):begin], before) {
			return false
		}
	}
	for _, after := range w.notInFront {
		if len(s)-end >= len(after) && strings.EqualFold(s[end:end+len(after)], after) {
			return false
		}
	}
	return true
}

// isBoundary reports whether a word begins or ends at i, as \b does.
func isBoundary(s string, i int) bool {
	return (i > 0 && isWordByte(s[i-1])) != (i < len(s) && isWordByte(s[i]))
}

func isWordByte(c byte) bool {
	return c-'0' < 10 || c|0x20-'a' < 26 || c == '_'
}
