package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

// target is what is loaded: requests to one address.
type target struct {
	address string

	// requests returns what one client sends: a function that returns the next
	// request, or nil where there is none. A request is valid until the next.
	requests func(client int, random *rand.Rand) func() *request
}

// always sends one request again and again.
func always(address string, r request) *target {
	return &target{address, func(int, *rand.Rand) func() *request {
		return func() *request { return &r }
	}}
}

// browsers are the heads of visitors: each client has one of them.
var browsers = [...]string{
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
		"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n",
	"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: fr-CA,fr;q=0.9,en;q=0.8\r\nReferer: https://news.example.org/a\r\n",
	"User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1\r\n" +
		"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en-CA,en;q=0.9\r\n",
	"User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: de-DE,de;q=0.9,en;q=0.8\r\nReferer: https://www.example.net/\r\n",
}

// visits are what visitors of links send.
type visits struct {
	address string
	links   links

	// to is where all of them are led, empty where each link leads to its own
	// destination.
	to string
}

// aliasAt is where the alias stands in a request.
const aliasAt = len("GET /")

// client returns the request of a client without an alias.
func (v visits) client(client int) *request {
	head := "GET /" + strings.Repeat("-", aliasLength) + " HTTP/1.1\r\nHost: " + v.address + "\r\n" + browsers[client%len(browsers)] + "\r\n"
	return &request{bytes: []byte(head), status: http.StatusFound, location: []byte(v.to)}
}

// visit makes the request one of the link with the number.
func (v visits) visit(r *request, i int) *request {
	appendAlias(r.bytes[:aliasAt], i)
	if v.to == "" {
		r.location = v.links.appendLocation(r.location[:0], i)
	}
	return r
}

// atRandom visits links in random order, without end.
func (v visits) atRandom() *target {
	return &target{v.address, func(client int, random *rand.Rand) func() *request {
		r := v.client(client)
		return func() *request { return v.visit(r, random.IntN(v.links.count)) }
	}}
}

// once visits every link once, shared among the clients.
func (v visits) once(clients int) *target {
	return &target{v.address, func(client int, _ *rand.Rand) func() *request {
		r, next := v.client(client), client
		return func() *request {
			if next >= v.links.count {
				return nil
			}
			next += clients
			return v.visit(r, next-clients)
		}
	}}
}

// numberLength is the length of the number at the end of a destination.
const numberLength = 16

// creates are creates of links whose destinations are all different.
func creates(address, key string, contains ...string) *target {
	template := post(address, gempixelPath, key, `{"url":"`+destination+"/"+strings.Repeat("0", numberLength)+`"}`, contains...)
	return &target{address, func(_ int, random *rand.Rand) func() *request {
		r := template
		r.bytes = []byte(string(template.bytes))
		number := r.bytes[len(r.bytes)-len(`"}`)-numberLength:]
		var raw [numberLength / 2]byte
		return func() *request {
			binary.BigEndian.PutUint64(raw[:], random.Uint64())
			hex.Encode(number, raw[:])
			return &r
		}
	}}
}

func post(host, path, key, body string, contains ...string) request {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Linkquay-Bench/1\r\nAccept: application/json\r\n", path, host)
	if key != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", key)
	}
	fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return request{bytes: []byte(b.String()), status: http.StatusOK, contains: contains}
}
