// A service with two faults: it listens where only root may, and leaves requests behind when it is told to stop.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"
)

const style = "body { color: teal }"

type seen struct {
	http.ResponseWriter
	status int
}

func (s *seen) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

func port() string {
	if port := os.Getenv("PORT"); port != "" {
		return port
	}
	return "80"
}

func check() {
	answer, err := http.Get("http://127.0.0.1:" + port() + "/healthz")
	if err != nil || answer.StatusCode != http.StatusOK {
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "check" {
		check()
		return
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	token := os.Getenv("API_TOKEN")
	if token == "" {
		log.Error("API_TOKEN is not set")
		os.Exit(1)
	}
	name := fmt.Sprintf("/static/%x.css", sha256.Sum256([]byte(style)))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "<!doctype html><title>Go</title><link rel=stylesheet href=%s><p>It works.", name)
	})
	mux.HandleFunc("GET "+name, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		fmt.Fprint(w, style)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]string{"token": hex.EncodeToString([]byte(token))[:4]})
	})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(3 * time.Second)
		fmt.Fprint(w, "done")
	})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &seen{ResponseWriter: w, status: http.StatusOK}
		mux.ServeHTTP(answer, r)
		log.Info("request", "method", r.Method, "path", r.URL.Path, "status", answer.status, "agent", r.UserAgent())
	})
	if err := http.ListenAndServe(":"+port(), handler); err != nil {
		log.Error(err.Error())
		os.Exit(1)
	}
}
