#lang racket/base
;; A value as Jupyter shows it: text always, and a picture where the value is one.

(require file/convertible net/base64 racket/pretty racket/string)
(provide value->bundle value->text picture?)

(define columns 79)

(define (value->text value)
  (define out (open-output-string))
  (parameterize ([pretty-print-columns columns])
    (pretty-print value out))
  (define text (get-output-string out))
  (if (regexp-match? #rx"\n$" text) (substring text 0 (sub1 (string-length text))) text))

;; Shape: MIME type to string, as in a display message.
(define (value->bundle value)
  (define own (picture value))
  (define html (and (not own) (pictures value)))
  (hash-set (or own (if html (hasheq 'text/html html) (hasheq))) 'text/plain (value->text value)))

;; The converted value or #f, also where its own converter fails.
(define (converted value kind)
  (with-handlers ([exn:fail? (lambda (_) #f)])
    (convert value kind #f)))

(define (picture? value) (and (picture value) #t))

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

;; Pictures anywhere within a list, a structure, a table, as DrRacket shows them: HTML, or #f.
;; In the text, each is a mark first.
(define (pictures value)
  (define found (make-hasheq)) ; value -> picture or #f
  (define shown '()) ; last first
  (define (picture-of part)
    (and (convertible? part) (hash-ref! found part (lambda () (image part)))))
  (define text
    (parameterize ([pretty-print-size-hook
                    (lambda (part _display? _port) (and (picture-of part) 1))]
                   [pretty-print-print-hook
                    (lambda (part _display? port)
                      (set! shown (cons (picture-of part) shown))
                      (write-string mark port))])
      (value->text value)))
  (and (pair? shown)
       (for/fold ([html (format "<pre>~a</pre>" (escaped text))]) ([one (reverse shown)])
         (string-replace html mark one #:all? #f))))

(define mark "\uE0F0\uE0F1") ; nobody's characters

(define (image value)
  (define data (or (picture value) (hasheq)))
  (for/or ([(mime content) data] #:when (regexp-match? #rx"^image/" (symbol->string mime)))
    (format "<img style=\"vertical-align: middle\" src=\"data:~a;base64,~a\"/>" mime
            (if (eq? mime 'image/svg+xml) (base64 (string->bytes/utf-8 content)) content))))

(define (escaped text)
  (for/fold ([text text]) ([pair '((#rx"&" "\\&amp;") (#rx"<" "\\&lt;") (#rx">" "\\&gt;"))])
    (regexp-replace* (car pair) text (cadr pair))))
