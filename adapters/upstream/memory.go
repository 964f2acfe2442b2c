package upstream

import (
	"container/list"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// maxMemory bounds the answers that a budget remembers, in bytes.
	maxMemory = 32 << 20

	// maxAnswer bounds one of them.
	maxAnswer = 1 << 20

	// answerCost is about what an answer takes beside its bytes.
	answerCost = 512
)

// memory holds the last known answers to reads. Those used longest ago go
// first. The zero value is ready for use.
//
// It is written here rather than taken from a library (otter) because a write
// drops all answers about its object, which takes an index of the objects
// beside the one of the answers, and because a read that a write overtook must
// not be remembered. One lock does: calls come here at the pace of a budget, or
// to copy one document.
type memory struct {
	mu     sync.Mutex
	owners map[credential]map[string]*object
	recent list.List // of *answer, the one used last in front
	bytes  int
}

// object is what is known about one object of one credential.
type object struct {
	answers map[string]*answer // by request target
	reads   int                // under way
	writes  int                // so far, of those that a read has met
}

// answer is a remembered one.
type answer struct {
	owner        credential
	name, target string
	status       int
	document     []byte    // never changed
	at           time.Time // when it was true, at the earliest
	element      *list.Element
}

func (a *answer) size() int { return len(a.document) + len(a.target) + answerCost }

// read announces a read of an object, which done must end. It returns how many
// writes it has met.
func (m *memory) read(owner credential, name string) (writes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.owners[owner][name]
	if o == nil {
		o = &object{answers: map[string]*answer{}}
		if m.owners == nil {
			m.owners = map[credential]map[string]*object{}
		}
		if m.owners[owner] == nil {
			m.owners[owner] = map[string]*object{}
		}
		m.owners[owner][name] = o
	}
	o.reads++
	return o.writes
}

// done ends a read. The answer, if any, replaces what was known of its target,
// and is itself remembered unless a write has ended in the meantime: it may be
// from before. One without a document says that there is nothing any more.
func (m *memory) done(owner credential, name string, writes int, a *answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.owners[owner][name]
	if a != nil && o.answers[a.target] != nil {
		m.remove(o.answers[a.target])
	}
	if a != nil && a.document != nil && o.writes == writes {
		o.answers[a.target] = a
		a.element = m.recent.PushFront(a)
		m.bytes += a.size()
		for m.bytes > maxMemory {
			m.remove(m.recent.Back().Value.(*answer))
		}
	}
	o.reads--
	m.tidy(owner, name)
}

// recall returns what is known of a target, nil where nothing is.
func (m *memory) recall(owner credential, name, target string) *answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.owners[owner][name]
	if o == nil || o.answers[target] == nil {
		return nil
	}
	m.recent.MoveToFront(o.answers[target].element)
	return o.answers[target]
}

// drop forgets what is known of an object.
func (m *memory) drop(owner credential, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropLocked(owner, name)
}

// forget forgets all that an owner was told.
func (m *memory) forget(owner credential) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.owners[owner] {
		m.dropLocked(owner, name)
	}
}

func (m *memory) dropLocked(owner credential, name string) {
	o := m.owners[owner][name]
	if o == nil {
		return
	}
	o.writes++
	for _, a := range o.answers {
		m.remove(a)
	}
	m.tidy(owner, name)
}

// remove forgets one answer. Its object stays for whoever called.
func (m *memory) remove(a *answer) {
	delete(m.owners[a.owner][a.name].answers, a.target)
	m.recent.Remove(a.element)
	m.bytes -= a.size()
	m.tidy(a.owner, a.name)
}

// tidy forgets an object that nobody reads and of which nothing is known, and
// an owner without objects.
func (m *memory) tidy(owner credential, name string) {
	objects := m.owners[owner]
	if o := objects[name]; o != nil && o.reads == 0 && len(o.answers) == 0 {
		delete(objects, name)
	}
	if len(objects) == 0 {
		delete(m.owners, owner)
	}
}

// age returns how old the answer is, at least a second. The clock that cannot
// jump does not count while the machine sleeps, and the other one can jump back:
// the greater difference does not lie.
func (a *answer) age(now time.Time) time.Duration {
	return max(now.Sub(a.at), now.Round(0).Sub(a.at.Round(0)), time.Second)
}

// objectOf returns what a read is about: the first number in its path, all of
// the path where it has none. The number alone, since a write may name its
// object in another way than a read does: "/api/campaign/3/assign/7" changes
// what "/api/url/7" answers. That a pixel of the same number is forgotten too
// costs a request.
func objectOf(path string) string {
	if numbers := numbersOf(path); len(numbers) > 0 {
		return numbers[0]
	}
	return path
}

// changedBy returns the objects that a write changes: those whose numbers are in
// its path. Without a number it is what stands above the last segment
// ("/api/account/update" changes "/api/account"), and the path itself unless it
// creates.
//
// Lists stay as they are known: a site has many that a write may touch, and
// what a client gets instead is a 429, not a better list. Their Age tells.
func changedBy(method, path string) []string {
	if numbers := numbersOf(path); len(numbers) > 0 {
		return numbers
	}
	above := path[:strings.LastIndexByte(path, '/')]
	if method == http.MethodPost {
		return []string{above}
	}
	return []string{above, path}
}

// numbersOf returns the segments of a path that are numbers, and the parts of
// those that are several with commas.
func numbersOf(path string) (numbers []string) {
	for segment := range strings.SplitSeq(path, "/") {
		if strings.Trim(segment, "0123456789,") == "" {
			numbers = append(numbers, strings.FieldsFunc(segment, func(r rune) bool { return r == ',' })...)
		}
	}
	return numbers
}
