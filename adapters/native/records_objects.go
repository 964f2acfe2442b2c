package native

import (
	"context"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

func (k *kind[T]) give(ctx context.Context, account string, after int64, limit int) ([]adapters.Record, error) {
	objects, err := k.objects.After(ctx, account, after, limit)
	if err != nil {
		return nil, err
	}
	records := make([]adapters.Record, len(objects))
	for i := range objects {
		if records[i], err = k.record(&objects[i]); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// record is the object as a record.
func (k *kind[T]) record(o *T) (adapters.Record, error) {
	id, created := k.made(o)
	doc, err := adapters.Encode(k.document(o))
	return adapters.Record{Kind: k.carries, ID: *id, Document: doc, Created: *created}, err
}

func (k *kind[T]) take(ctx context.Context, account string, records []adapters.Record) ([]adapters.Imported, error) {
	return takeEach(records, func(r *adapters.Record) (adapters.Imported, error) {
		o, err := k.takeOne(ctx, account, r)
		if err != nil {
			return adapters.Imported{}, err
		}
		stored, err := k.record(o)
		return adapters.Imported{ID: stored.ID, Existing: r.ID != 0, Stored: stored}, err
	}), nil
}

func (k *kind[T]) takeOne(ctx context.Context, account string, r *adapters.Record) (*T, error) {
	call, err := recordCall(k.contract, k.creation, account, "", r)
	if err != nil {
		return nil, err
	}
	set, err := k.read(call)
	if err != nil {
		return nil, err
	}
	o := k.blank(account)
	if r.ID == 0 {
		if err := k.apply(o, set); err != nil {
			return nil, err
		}
		if _, created := k.made(o); !r.Created.IsZero() {
			*created = r.Created.UTC()
		}
		_, err = k.objects.Create(ctx, o, nil)
		return o, err
	}
	_, o, err = k.objects.Update(ctx, account, r.ID, func(o *T) error {
		fresh := k.blank(account)
		if err := k.keep(fresh, o, call, r.Untold); err != nil {
			return err
		}
		*o = *fresh
		return k.apply(o, set)
	})
	return o, err
}

// keep sets in a fresh object what a record does not tell of the one that is
// there.
func (k *kind[T]) keep(fresh, was *T, call *api.Call, untold []string) error {
	if len(untold) == 0 {
		return nil
	}
	doc, err := adapters.Encode(k.document(was))
	if err != nil {
		return err
	}
	kept := *call
	kept.Document = only(doc, untold)
	set, err := k.read(&kept)
	if err != nil {
		// What could not be made today need not be kept.
		return nil //nolint:nilerr // Nothing is lost that the record tells.
	}
	set(fresh)
	return nil
}

// only returns the document with no other fields than those.
func only(doc []byte, fields []string) []byte {
	kept := []byte{'{'}
	gjson.ParseBytes(doc).ForEach(func(key, value gjson.Result) bool {
		if slices.Contains(fields, key.Str) {
			if len(kept) > 1 {
				kept = append(kept, ',')
			}
			kept = gjson.AppendJSONString(kept, key.Str)
			kept = append(kept, ':')
			kept = append(kept, value.Raw...)
		}
		return true
	})
	return append(kept, '}')
}
