// Package simulate turns a handler that behaves like a link shortener's site
// into a local server with faults on demand: one that is slow, over its
// limits, cut off, logged out or wrong about the time. Clients are tried
// against it as they are, over a real connection.
//
// In a test:
//
//	site := gempixel.New(gempixel.Options{})
//	srv, err := simulate.Start(t.Context(), site, simulate.Options{Rate: 30, Window: time.Minute})
//	// handle err; the server ends with the context
//	client := connect(srv.URL, gempixel.DefaultKey)
//
//	err = srv.Fail(simulate.Fault{Kind: simulate.DieAfterCommit, Method: "POST", Path: "/api/url/add", Times: 1})
//	client.Create("https://example.com")
//	srv.Heal()
//
//	srv.Requests()  // what came, with the status of each answer
//	srv.OverLimit() // how many requests were over the site's limit
//	site.Links()    // what the site has made of it
//
// A site is any http.Handler. It takes the time from Now(r), so that the skew
// of a fault reaches it, and may implement Stater and Limited. It should read
// no more of a request than it needs, know nothing of faults, and leave paths
// below /_simulate/ alone.
//
// The same is there over HTTP, for clients in other languages:
//
//	GET    /_simulate/          what there is, and a summary of the state
//	GET    /_simulate/faults    the faults that are set
//	POST   /_simulate/faults    set one more, or several as an array
//	DELETE /_simulate/faults    clear all
//	GET    /_simulate/requests  what came
package simulate
