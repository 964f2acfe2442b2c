package emulate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// recorders is how many records are written at once. The store commits together
// what waits together.
const recorders = 16

// parted is an item of createLinks whose link the backend is to make together
// with others.
type parted struct {
	place    int // in the call
	document []byte
	rest     []byte
	part     part
	answer   *answer
}

// createTogether has the backend make the links of a call together, and keeps
// what is ours of each. The call can name the groups of its links once, so that
// those that are to be in others are a call of their own.
func (b *backend) createTogether(ctx context.Context, call *api.Call) (*api.Reply, error) {
	answers := make([]answer, len(call.Items))
	groups, ours := b.groups(call), false
	bundles, tags := map[string][]parted{}, [][]string{}
	for i, item := range call.Items {
		one := parted{place: i, document: item.Document, answer: &answers[i]}
		if item.Err != nil {
			one.answer.err = item.Err
			continue
		}
		var names []string
		var err error
		if one.part, one.rest, err = b.split(item.Document); err == nil {
			names, err = groups.of(ctx, &one.part)
		}
		ours = ours || len(one.part.fields) > 0
		if one.answer.err = err; err != nil {
			continue
		}
		key := bundleKey(names)
		if bundles[key] == nil {
			tags = append(tags, names)
		}
		bundles[key] = append(bundles[key], one)
	}
	if !ours {
		return b.inner.Do(ctx, call)
	}
	var warnings []api.FieldError
	for _, names := range tags {
		more, err := b.createBundle(ctx, call, names, bundles[bundleKey(names)])
		if err != nil && len(tags) == 1 {
			return nil, err
		}
		warnings = append(warnings, more...)
	}
	return b.results(answers, warnings...), nil
}

func bundleKey(names []string) string { return strings.Join(names, "\x00") }

// createBundle has the backend make the links of some items, and answers each
// of them. It returns the backend's warnings about all, and its error, which is
// the answer to each too.
func (b *backend) createBundle(ctx context.Context, call *api.Call, tags []string, items []parted) ([]api.FieldError, error) {
	one := *call
	one.Tags, one.Items, one.Document = tags, make([]api.Item, len(items)), []byte(`{"urls":[`)
	for i := range items {
		if i > 0 {
			one.Document = append(one.Document, ',')
		}
		one.Document = append(one.Document, items[i].rest...)
		one.Items[i].Document = items[i].rest
	}
	one.Document = append(one.Document, "]}"...)

	var err error = notBegun
	reply := &api.Reply{}
	if ctx.Err() == nil {
		reply, err = b.inner.Do(ctx, &one)
	}
	var results []gjson.Result
	if err == nil {
		results = gjson.GetBytes(reply.Document, "data.results").Array()
		if len(results) != len(items) {
			err = &api.Error{
				Code:    api.Unavailable,
				Message: fmt.Sprintf("The backend %q gave an unexpected reply. The links may have been created.", b.cfg.Name),
				Err:     errors.New("reading the reply to createLinks: it has another number of results"),
			}
		}
	}
	if err != nil {
		for i := range items {
			items[i].answer.err = err
		}
		return nil, err
	}
	errs := adapters.AtOnce(len(items), recorders, func(i int) error {
		item := &items[i]
		item.answer.reply = &api.Reply{Document: []byte(results[i].Raw)}
		if results[i].Get("error").Int() == 0 && len(item.part.fields) > 0 {
			item.answer.reply.Warnings = b.created(ctx, call, item.document, item.answer.reply.Document, &item.part)
		}
		return nil
	})
	for i, err := range errs {
		items[i].answer.err = err
	}
	return placed(reply.Warnings, items), nil
}

// placed has warnings about items name them by their places in the whole call.
func placed(warnings []api.FieldError, items []parted) []api.FieldError {
	placed := slices.Clone(warnings)
	for i := range placed {
		number, field, ok := strings.Cut(strings.TrimPrefix(placed[i].Field, "urls["), "]")
		if n, err := strconv.Atoi(number); ok && err == nil && n >= 0 && n < len(items) {
			placed[i].Field = fmt.Sprintf("urls[%d]%s", items[n].place, field)
		}
	}
	return placed
}
