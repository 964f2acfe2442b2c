package migrate

import (
	"slices"
	"time"

	"github.com/linkquay/linkquay/adapters"
)

// forget makes the next Get of an object find out its campaign and channels anew:
// what lists have told of them may be old.
func (p *Place) forget(kind adapters.Kind, id int64) {
	p.forgetGroups(kind, id)
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	p.seen.items = nil
}

// forgetGroups is forget for what the row of a link's list has told alone.
func (p *Place) forgetGroups(kind adapters.Kind, id int64) {
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	if kind == adapters.KindLink {
		delete(p.seen.links, id)
	}
}

// grouped says what an object is in that was made a moment ago, so that reading it
// back needs no search for that.
func (p *Place) grouped(kind adapters.Kind, id int64, in groups) {
	if kind != adapters.KindLink {
		return
	}
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	if p.seen.links == nil {
		p.seen.links = map[int64]groups{}
	}
	if len(p.seen.links) < mostSeen {
		p.seen.links[id] = in
	}
}

// entered says that an object was put into a channel.
func (p *Place) entered(kind adapters.Kind, id, channel int64) {
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	one := item{kind, id}
	if p.seen.items == nil || time.Since(p.seen.itemsAt) > knownFor || slices.Contains(p.seen.items[one], channel) {
		return
	}
	// Others read the map: it is theirs as it was.
	items := make(map[item][]int64, len(p.seen.items)+1)
	for key, channels := range p.seen.items {
		items[key] = channels
	}
	items[one] = append(slices.Clone(items[one]), channel)
	p.seen.items = items
}
