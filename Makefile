.DEFAULT_GOAL := help
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help
help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: build
build: ## Build ./caddy with Linkquay in it
	go build -trimpath -ldflags='-s -w' -o caddy ./cmd/caddy

.PHONY: run
run: ## Run the example on http://localhost:8080
	go run ./cmd/caddy run --config Caddyfile.example

.PHONY: test
test: ## Run all tests with the race detector
	go test -race ./...

.PHONY: fuzz
fuzz: ## Fuzz each target for a minute
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z_]*' . | sed -E 's#/[^/]*:func # #' | while read -r folder name; do \
		go test "$$folder" -run '^$$' -fuzz "^$$name$$" -fuzztime 60s || exit 1; \
	done

.PHONY: bench
bench: ## Compare with Caddy's own reverse_proxy and redir, side by side
	go run ./bench

.PHONY: generate
generate: ## Write the generated files anew
	go generate ./...

.PHONY: fmt
fmt: ## Format Go code and Caddyfiles
	$(GOLANGCI) fmt
	go run ./cmd/caddy fmt --overwrite Caddyfile.example

.PHONY: lint
lint: ## Run the linters
	$(GOLANGCI) run

.PHONY: check
check: ## Run what CI runs
	.ci/run
