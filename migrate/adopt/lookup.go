package adopt

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// lookUp looks a link up and takes it over.
func (d *domain) lookUp(ctx context.Context, alias string) (to string, outcome Outcome, err error) {
	select {
	case d.queue <- struct{}{}:
		defer func() { <-d.queue }()
	default:
		return "", Busy, unavailable(errors.New("too many lookups wait"))
	}
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return "", Busy, unavailable(ctx.Err())
	}
	retired, err := d.cfg.Retired(ctx, d.Host, alias)
	switch {
	case err != nil:
		return "", Failed, unavailable(err)
	case retired:
		return "", Missing, errNotFound
	}
	if d.guessed(ctx) {
		if v, err := d.visit(ctx, alias, ""); err == nil && v.verdict == nowhere {
			return d.missing(alias)
		}
	}
	link, err := d.find(ctx, alias)
	switch {
	case err == nil:
		return d.known(ctx, alias, link)
	case api.AsError(err).Code == api.Unsupported:
		return d.unlisted(ctx, alias)
	case api.AsError(err).Code != api.NotFound:
		return d.meanwhile(ctx, alias, err)
	}
	if d.Find != nil {
		_, _ = d.cfg.Limiter.Take(ctx, d.guesses(), guesses) // Whom it is away for, Adopt tells.
	}
	if d.Complete {
		return d.missing(alias)
	}
	return d.unlisted(ctx, alias)
}

// guesses is how often a domain's aliases may be unknown to the API, whoever asks
// for them, before their short URLs are opened first: its limit is the clients'
// too, and strangers must not use it up.
var guesses = api.Rate{Requests: 10, Window: time.Minute}

// guesses is what the Limiter knows the domain by.
func (d *domain) guesses() string { return "adopt domain " + d.Host }

// guessed reports whether the API is to be spared.
func (d *domain) guessed(ctx context.Context) bool {
	if d.Find == nil {
		return false
	}
	limit, err := d.cfg.Limiter.Peek(ctx, d.guesses(), guesses)
	return err == nil && !limit.Allowed
}

// find asks the provider's API.
func (d *domain) find(ctx context.Context, alias string) (*adapters.Record, error) {
	if d.Find == nil {
		return nil, errNotFound
	}
	return d.Find(ctx, &adapters.Record{Kind: adapters.KindLink, Document: address(d.Host, alias)})
}

// known takes a link over that the API has told of.
func (d *domain) known(ctx context.Context, alias string, found *adapters.Record) (string, Outcome, error) {
	link := *found
	if !link.Protected && slices.Contains(link.Untold, "password") {
		v, err := d.seen(ctx, alias, &link)
		if err != nil {
			return d.failed(err)
		}
		link.Protected = v.verdict == locked
	}
	if link.Protected && link.PasswordHash == "" {
		d.cfg.Logger.Warn("a link has a password that nobody tells: taken over, it opens for nobody until it is given a new one",
			zap.String("domain", d.Host), zap.String("alias", alias))
	}
	return d.take(ctx, alias, &link)
}

// seen is what visitors get of a link that the API has told of. An error says that
// nobody can tell, such as where it is not the link that answers: then it would be
// taken over without its password, or with one that it does not have.
func (d *domain) seen(ctx context.Context, alias string, link *adapters.Record) (visit, error) {
	v, err := d.visit(ctx, alias, gjson.GetBytes(link.Document, "url").String())
	switch {
	case err != nil || v.sure:
		return v, err
	case v.verdict == nowhere && ended(link, d.cfg.Now()):
		return v, nil // Nobody gets to see it here either.
	case v.verdict == nowhere:
		return v, errors.New("the provider's API has a link that its public address does not know: see the option via")
	}
	everybody, err := d.isForEverybody(ctx, alias, v)
	if err == nil && everybody {
		err = errors.New("the provider's public address answers the same whatever is asked for: see the option via")
	}
	return v, err
}

// unlisted takes a link over of which its address alone tells.
func (d *domain) unlisted(ctx context.Context, alias string) (string, Outcome, error) {
	v, err := d.visit(ctx, alias, "")
	if err != nil {
		return d.failed(err)
	}
	switch v.verdict {
	case nowhere:
		return d.missing(alias)
	case locked, paged:
		return d.refused(alias, "the provider shows a page that does not tell where it leads")
	}
	everything, err := d.isForEverybody(ctx, alias, v)
	switch {
	case err != nil:
		return d.failed(err)
	case everything:
		return d.missing(alias)
	}
	return d.take(ctx, alias, &adapters.Record{Kind: adapters.KindLink, Document: destination(v.to)})
}

// meanwhile leads a visitor on by the short URL alone while the API fails, such
// as when as much has been asked of it as it allows. Nothing is remembered.
func (d *domain) meanwhile(ctx context.Context, alias string, failure error) (string, Outcome, error) {
	d.outage.note(failure)
	v, err := d.visit(ctx, alias, "")
	switch {
	case err == nil && v.verdict == leads:
		return v.to, PassedOn, nil
	case err == nil && v.verdict == nowhere:
		return "", Missing, errNotFound
	}
	return "", Failed, unavailable(failure)
}

func (d *domain) missing(alias string) (string, Outcome, error) {
	d.outage.note(nil)
	d.misses.add(alias, d.cfg.Now())
	return "", Missing, errNotFound
}

// refused answers for a link that cannot be taken over. Visitors get what they
// get of one that does not exist.
func (d *domain) refused(alias, reason string) (string, Outcome, error) {
	d.outage.note(nil)
	d.misses.add(alias, d.cfg.Now())
	d.cfg.Logger.Warn("a link cannot be taken over", zap.String("domain", d.Host), zap.String("alias", alias), zap.String("reason", reason))
	return "", Refused, errNotFound
}

func (d *domain) failed(err error) (string, Outcome, error) {
	d.outage.note(err)
	return "", Failed, unavailable(err)
}

// ended reports whether a link's time is over.
func ended(link *adapters.Record, now time.Time) bool {
	expiry, err := time.Parse(time.RFC3339, gjson.GetBytes(link.Document, "expiry").String())
	return err == nil && !expiry.After(now)
}
