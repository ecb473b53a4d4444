#lang racket/base
;; A value as Jupyter shows it: text always, and a picture where the value is one.

(require file/convertible net/base64 racket/list racket/pretty)
(provide value->bundle value->text)

(define columns 79)

(define (value->text value)
  (define out (open-output-string))
  (parameterize ([pretty-print-columns columns])
    (pretty-print value out))
  (define text (get-output-string out))
  (if (regexp-match? #rx"\n$" text) (substring text 0 (sub1 (string-length text))) text))

;; Shape: MIME type to string, as in a display message.
(define (value->bundle value)
  (define text (value->text value))
  (hash-set (or (picture value) (pictures value) (hasheq)) 'text/plain text))

;; The converted value or #f, also where its own converter fails.
(define (converted value kind)
  (with-handlers ([exn:fail? (lambda (_) #f)])
    (convert value kind #f)))

(define (picture value)
  (and (convertible? value)
       (cond
         [(converted value 'svg-bytes)
          => (lambda (svg) (hasheq 'image/svg+xml (bytes->string/utf-8 svg #\?)))]
         [(converted value 'png-bytes) => (lambda (png) (hasheq 'image/png (base64 png)))]
         [(converted value 'gif-bytes) => (lambda (gif) (hasheq 'image/gif (base64 gif)))]
         [(converted value 'pdf-bytes) => (lambda (pdf) (hasheq 'application/pdf (base64 pdf)))]
         [else #f])))

(define (base64 bytes) (bytes->string/latin-1 (base64-encode bytes #"")))

;; A list with pictures in it, as DrRacket shows one.
(define (pictures value)
  (and (pair? value)
       (list? value)
       (ormap convertible? value)
       (hasheq 'text/html (apply string-append (append-map element value)))))

(define (element value)
  (define found (and (convertible? value) (picture value)))
  (cond
    [(and found (hash-ref found 'image/svg+xml #f))
     => (lambda (svg) (list "<img src=\"data:image/svg+xml;base64,"
                            (base64 (string->bytes/utf-8 svg)) "\"/> "))]
    [(and found (hash-ref found 'image/png #f))
     => (lambda (png) (list "<img src=\"data:image/png;base64," png "\"/> "))]
    [else (list "<code>" (escaped (value->text value)) "</code> ")]))

(define (escaped text)
  (for/fold ([text text]) ([pair '((#rx"&" "\\&amp;") (#rx"<" "\\&lt;") (#rx">" "\\&gt;"))])
    (regexp-replace* (car pair) text (cadr pair))))
