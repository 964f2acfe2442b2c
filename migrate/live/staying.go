package live

import (
	"context"
	"maps"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/ids"
	"github.com/linkquay/linkquay/api"
)

// staying reports whether a call is about objects that may stay at the source
// when its links move away.
func staying(call *api.Call) bool {
	return ids.Kind(call.Operation) == adapters.KindQR || ids.ItemKind(call) == adapters.KindQR
}

// answerStaying answers a call about objects that stay, by the source in every
// phase. Its ids are those of the source, and nothing is carried.
func (sd *side) answerStaying(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if ids.Kind(call.Operation) == adapters.KindChannel && sd.atTarget {
		return nil, api.Errorf(api.Unsupported, "QR codes cannot be put into this channel: it has moved to the backend %q, and they have not.", sd.move.Target)
	}
	return sd.own.Do(ctx, call)
}

// withStaying returns the target's capabilities with those of the source for what
// stays there.
func withStaying(target, source api.Capabilities) api.Capabilities {
	all := maps.Clone(target)
	for op := range all {
		if ids.Kind(op) == adapters.KindQR {
			delete(all, op)
		}
	}
	for op, c := range source {
		if ids.Kind(op) == adapters.KindQR {
			all[op] = c
		}
	}
	c := all[api.AssignItemToChannel]
	if kind, ok := c.Fields["type"]; ok {
		values := maps.Clone(kind.Values)
		if values == nil {
			values = map[string]api.Support{}
		}
		values["qr"] = api.Refused
		kind.Values, c.Fields = values, maps.Clone(c.Fields)
		c.Fields["type"] = kind
		all[api.AssignItemToChannel] = c
	}
	return all
}
