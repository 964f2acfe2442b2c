package upstream

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"
)

const (
	// maxLine is how long another process is kept in line for a place.
	maxLine = 5 * time.Second

	// minHold and maxHold bound for how long it may keep one.
	minHold = time.Second
	maxHold = 10 * time.Minute
)

// Ask is what a process wants of the budget that another one keeps for a
// backend: a place for one request with the client's own key.
type Ask struct {
	// Identity is that of the client that asks.
	Identity string

	// Line is how long it waits for the place.
	Line time.Duration

	// Hold is how long its exchange takes at most.
	Hold time.Duration

	// Sent is how many requests it has sent in the last window that the budget
	// does not know of: while there was nobody to ask.
	Sent int
}

// Identity tells the address and own key of a client from others', in another
// process too, without telling them.
func (c *Client) Identity() string { return hex.EncodeToString(c.own[:]) }

// Lend takes a place of the client's own key for another process, which gives it
// back with Return. Where that does not come in time the request counts as sent.
// A loan that is empty means that there is no place within the time that was
// asked for, or within five seconds, and for how long there is none. A client
// without a budget lends anything. The error is that of the context.
func (c *Client) Lend(ctx context.Context, a Ask) (loan string, wait time.Duration, err error) {
	loan = rand.Text()
	b := c.cfg.Budget
	if b == nil {
		return loan, 0, nil
	}
	b.learn(a.Sent)
	if !b.try(ownBucket) {
		wait, err = b.wait(ctx, ownBucket, time.Now().Add(min(max(a.Line, 0), maxLine)))
		switch {
		case ctx.Err() != nil && err != nil:
			return "", 0, ctx.Err()
		case err != nil:
			// One may get free at this moment: that is no time to ask for.
			return "", max(wait, minAsk), nil
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.loans[loan] = time.AfterFunc(min(max(a.Hold, minHold), maxHold), func() { b.repay(loan, true, 0) })
	return loan, 0, nil
}

// Return gives a loan back: whether the request was sent, and for how long the
// backend wants no more. A loan that is not known has ended.
func (c *Client) Return(loan string, sent bool, pause time.Duration) {
	if c.cfg.Budget != nil {
		c.cfg.Budget.repay(loan, sent, min(pause, maxRetryAfter))
	}
}

func (b *Budget) repay(loan string, sent bool, pause time.Duration) {
	b.mu.Lock()
	expiry, ok := b.loans[loan]
	delete(b.loans, loan)
	b.mu.Unlock()
	if ok {
		expiry.Stop()
		b.end(ownBucket, sent, pause)
	}
}

// learn counts requests that somebody else has sent.
func (b *Budget) learn(sent int) {
	if sent <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	k, _ := b.bucket(ownBucket, now)
	if k == nil {
		return
	}
	for range min(sent, b.requests) {
		k.ends = append(k.ends, now)
	}
}
