// Command caddy is Caddy with Linkquay built in.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/linkquay/linkquay/caddymodule"
)

func main() {
	caddycmd.Main()
}
