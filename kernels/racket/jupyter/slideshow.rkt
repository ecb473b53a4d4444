#lang racket
;; What slideshow means in a cell: Racket and its pictures, and slides below the cell. No windows.

(require pict (prefix-in jupyter: "main.rkt"))
(provide (all-from-out racket pict)
         t it bt bit tt rt titlet para item subitem slide
         current-font-size current-main-font current-para-width current-titlet
         gap-size client-w client-h)

(module reader syntax/module-reader slideshow)

(define current-font-size (make-parameter 32))
(define current-main-font (make-parameter 'swiss))
(define gap-size 24)
(define client-w 984)
(define client-h 728)
(define current-para-width (make-parameter (* 3/4 client-w)))

(define ((written . style) string)
  (text string (append style (current-main-font)) (current-font-size)))
(define t (written))
(define it (written 'italic))
(define bt (written 'bold))
(define bit (written 'bold 'italic))
(define (tt string) (text string 'modern (current-font-size)))
(define (rt string) (text string 'roman (current-font-size)))
(define current-titlet
  (make-parameter (lambda (string) (text string (current-main-font) 40))))
(define (titlet string) ((current-titlet) string))

;; Words and pictures in lines of a width.
(define (para #:width [width (current-para-width)] #:align [align 'left] #:fill? [fill? #t] . parts)
  (define space (t " "))
  (define-values (lines line)
    (for/fold ([lines '()] [line #f]) ([word (words parts)])
      (define longer (if line (hbl-append line space word) word))
      (if (and line (> (pict-width longer) width))
          (values (cons line lines) word)
          (values lines longer))))
  (define append-lines
    (case align [(center) vc-append] [(right) vr-append] [else vl-append]))
  (define block (apply append-lines 5 (reverse (if line (cons line lines) lines))))
  (if fill? (append-lines block (blank width 0)) block))

(define (words parts)
  (append* (for/list ([part (flatten parts)])
             (if (string? part) (map t (string-split part)) (list part)))))

(define ((bulleted mark indent) #:width [width (current-para-width)] . parts)
  (htl-append (/ gap-size 2) (blank indent 0) mark (apply para #:width (- width indent) parts)))
(define item (bulleted (t "•") 0))
(define subitem (bulleted (t "○") (* 2 gap-size)))

;; Shows the slide as it is in the end, after its last step.
(define (slide #:title [title #f] #:name [_name #f] #:layout [_layout 'auto] . parts)
  (define pictures (filter pict? (flatten (map last-alternative parts))))
  (define whole
    (apply vc-append gap-size (if title (list* (shown-title title) pictures) pictures)))
  (jupyter:display-value (frame (inset whole gap-size) #:color "gray")))

(define (shown-title title) (if (string? title) (titlet title) title))
(define (last-alternative part) (if (and (pair? part) (andmap list? part)) (last part) part))
