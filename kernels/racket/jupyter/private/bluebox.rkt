#lang racket/base
;; Signatures as Racket's documentation shows them in its blue boxes: a file made at build.

(require racket/runtime-path racket/string)
(provide bluebox)

;; Shape: a NUL, a name, a newline and its box, name after name. See ../../signatures.py.
(define-runtime-path file "../signatures")

;; The signature of a name, or #f; without the file, it is what the arity tells.
(define (bluebox symbol)
  (define name (regexp-quote (string->bytes/utf-8 (symbol->string symbol))))
  (define found
    (and (file-exists? file)
         (call-with-input-file file
           (lambda (in)
             (regexp-match (byte-regexp (bytes-append #"\0" name #"\n([^\0]*)")) in)))))
  (and found (string-trim (bytes->string/utf-8 (cadr found) #\?))))
