package native

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
)

// kind is a kind of object that an account has any number of. What its
// operations have in common is here; what is its own is in the fields.
type kind[T any] struct {
	// title begins messages; rows is the key of a list's rows.
	title, rows string

	// objects keeps them.
	objects shortener.Objects[T]

	// blank is an object of the account before a create's fields are set.
	blank func(account string) *T

	// read reads the fields of a document, and returns what sets them in an
	// object. Those that were not sent stay as they are.
	read func(call *api.Call) (set func(*T), err error)

	// check refuses what an object cannot be with its fields set; nil refuses
	// nothing.
	check func(o *T) error

	// row is the object in a list, and where it is asked for alone.
	row func(call *api.Call, o *T) any

	// document is the object by the names that a create has, and made points to
	// its ID and to when it was made. Both are for records.
	document func(o *T) any
	made     func(o *T) (id *int64, created *time.Time)

	// carries is what a record of it is called.
	carries adapters.Kind

	// creation is the operation whose documents say what an object is.
	creation api.Operation

	// contract checks those documents.
	contract *openapi.Contract

	// created answers a create; updated an update, nil for a message.
	created, updated func(call *api.Call, o *T) any
}

func (k *kind[T]) list(ctx context.Context, call *api.Call) (*api.Reply, error) {
	page := adapters.PageOf(call.Query)
	objects, total, err := k.objects.List(ctx, call.Key.Account, "", page.Limit, page.Offset())
	if err != nil {
		return nil, err
	}
	return page.List(total, k.rows, rowsOf(objects, func(o *T) any { return k.row(call, o) }))
}

func (k *kind[T]) get(ctx context.Context, call *api.Call) (*api.Reply, error) {
	o, err := k.objects.Get(ctx, call.Key.Account, call.Path.ID)
	if err != nil {
		return nil, err
	}
	return reply(struct {
		Error int `json:"error"`
		Data  any `json:"data"`
	}{Data: k.row(call, o)})
}

func (k *kind[T]) create(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if o, found, err := earlier(ctx, call, k.objects.Repeated); found || err != nil {
		return k.answered(call, o, true, err)
	}
	set, err := k.read(call)
	if err != nil {
		return nil, err
	}
	o := k.blank(call.Key.Account)
	if err := k.apply(o, set); err != nil {
		return nil, err
	}
	repeated, err := k.objects.Create(ctx, o, once(call))
	return k.answered(call, o, repeated, err)
}

// answered answers a create.
func (k *kind[T]) answered(call *api.Call, o *T, repeated bool, err error) (*api.Reply, error) {
	if err != nil {
		return nil, err
	}
	return replayed(repeated)(reply(k.created(call, o)))
}

func (k *kind[T]) update(ctx context.Context, call *api.Call) (*api.Reply, error) {
	set, err := k.read(call)
	if err != nil {
		return nil, err
	}
	_, o, err := k.objects.Update(ctx, call.Key.Account, call.Path.ID, func(o *T) error {
		return k.apply(o, set)
	})
	if err != nil {
		return nil, err
	}
	if k.updated != nil {
		return reply(k.updated(call, o))
	}
	return message(k.title + " has been updated successfully.")
}

func (k *kind[T]) apply(o *T, set func(*T)) error {
	set(o)
	if k.check == nil {
		return nil
	}
	return k.check(o)
}

func (k *kind[T]) delete(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if _, err := k.objects.Delete(ctx, call.Key.Account, call.Path.ID); err != nil {
		return nil, err
	}
	return message(k.title + " has been deleted successfully.")
}

// identified answers a create with the id alone.
type identified struct {
	Error int   `json:"error"`
	ID    int64 `json:"id"`
}

// decode reads a document into v, whose fields are pointers: nil for what was
// not sent.
func decode(call *api.Call, v any) error {
	if err := json.Unmarshal(call.Document, v); err != nil {
		return fmt.Errorf("decoding the document of %s: %w", call.Operation, err)
	}
	return nil
}

// rowsOf is [] rather than null where there are none.
func rowsOf[T any](list []T, row func(*T) any) []any {
	rows := make([]any, len(list))
	for i := range list {
		rows[i] = row(&list[i])
	}
	return rows
}
