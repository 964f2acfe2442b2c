package native

import (
	"context"
	"sync"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// carrier moves the objects of a kind in and out as records.
type carrier interface {
	// give is Export for the kind.
	give(ctx context.Context, account string, after int64, limit int) ([]adapters.Record, error)

	// take is Import for records of the kind.
	take(ctx context.Context, account string, records []adapters.Record) ([]adapters.Imported, error)
}

// Export implements adapters.Exporter.
func (a *Adapter) Export(ctx context.Context, account string, kind adapters.Kind, after int64, limit int) ([]adapters.Record, error) {
	c, ok := a.carriers[kind]
	if !ok {
		return nil, noKind(kind)
	}
	return c.give(ctx, account, after, limit)
}

// Import implements adapters.Importer. A link that is protected by a password whose
// hash is not known stays closed to everybody until it is given a new password.
// What stands in Untold stays as it is in an object that is replaced: by the name
// of its field, "password", "channels", or "clicks" for the carried-over counts,
// which stay too where a record has a number below 0.
func (a *Adapter) Import(ctx context.Context, account string, records []adapters.Record) ([]adapters.Imported, error) {
	results := make([]adapters.Imported, len(records))
	places := map[adapters.Kind][]int{}
	for i := range records {
		kind := records[i].Kind
		if a.carriers[kind] == nil {
			results[i].Err = noKind(kind)
			continue
		}
		places[kind] = append(places[kind], i)
	}
	written := false
	for _, kind := range adapters.Kinds {
		at := places[kind]
		if len(at) == 0 {
			continue
		}
		part := make([]adapters.Record, len(at))
		for j, i := range at {
			part[j] = records[i]
		}
		done, err := a.carriers[kind].take(ctx, account, part)
		if err != nil && !written {
			return nil, err
		}
		for j, i := range at {
			if err != nil {
				results[i].Err = api.AsError(err)
				continue
			}
			results[i] = done[j]
		}
		written = true
	}
	return results, nil
}

func noKind(kind adapters.Kind) *api.Error {
	return api.Errorf(api.Unsupported, "The native backend has no objects of the kind %q.", string(kind))
}

// takers is how many objects are written at once. The database commits them
// together.
const takers = 32

// takeEach takes records one by one.
func takeEach(records []adapters.Record, take func(r *adapters.Record) (adapters.Imported, error)) []adapters.Imported {
	results := make([]adapters.Imported, len(records))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(takers, len(records)) {
		wg.Go(func() {
			for i := range next {
				var err error
				if results[i], err = take(&records[i]); err != nil {
					results[i] = adapters.Imported{Err: api.AsError(err)}
				}
			}
		})
	}
	for i := range records {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

// recordCall is the call that creates what a record holds, where its document is
// valid by the contract.
func recordCall(contract *openapi.Contract, op api.Operation, account, origin string, r *adapters.Record) (*api.Call, error) {
	if err := openapi.WellFormed(r.Document); err != nil {
		return nil, err
	}
	call := &api.Call{Operation: op, Document: r.Document, Origin: origin, Key: &api.Key{Account: account, Scopes: api.ScopeAdmin}}
	return call, contract.Operation(op).Validate(call)
}
