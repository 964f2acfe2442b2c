package native

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/translate"
)

type account struct {
	ID         int64   `json:"id"`
	Email      string  `json:"email"`
	Username   string  `json:"username"`
	Avatar     string  `json:"avatar"`
	Status     string  `json:"status"`
	Expires    *string `json:"expires"`
	Registered string  `json:"registered"`
}

func (a *Adapter) getAccount(ctx context.Context, call *api.Call) (*api.Reply, error) {
	acc, err := a.cfg.Shortener.Store().Account(ctx, call.Key.Account)
	if err != nil {
		return nil, err
	}
	return reply(struct {
		Error int     `json:"error"`
		Data  account `json:"data"`
	}{Data: account{
		ID:       acc.ID,
		Email:    acc.Email,
		Username: acc.Name,
		// Nothing here is sold by plan: every account has all, for ever.
		Status:     "pro",
		Registered: acc.Registered.In(a.cfg.Zone).Format(translate.DateTimeLayout),
	}})
}

func (a *Adapter) updateAccount(ctx context.Context, call *api.Call) (*api.Reply, error) {
	var in struct{ Email, Password *string }
	if err := json.Unmarshal(call.Document, &in); err != nil {
		return nil, fmt.Errorf("decoding an account: %w", err)
	}
	hash := ""
	if in.Password != nil {
		var err error
		if hash, err = shortener.HashPassword(ctx, *in.Password); err != nil {
			return nil, err
		}
	}
	err := a.cfg.Shortener.Store().UpdateAccount(ctx, call.Key.Account, func(acc *shortener.Account) error {
		set(&acc.Email, in.Email)
		if in.Password != nil {
			acc.PasswordHash = hash
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return message("Account has been successfully updated.")
}
