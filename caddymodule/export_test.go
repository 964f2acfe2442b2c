package caddymodule

import "github.com/linkquay/linkquay/adapters/upstream"

// NewLender returns the server whose administration API is at an address, as
// commands know it.
func NewLender(address string) upstream.Lender { return &lender{address} }
