#lang racket/base
;; What (require plot) means in a cell: plot and plot3d return pictures, and no window is needed.

(require plot/no-gui)
(provide (all-from-out plot/no-gui)
         (rename-out [plot-here plot] [plot3d-here plot3d]
                     [plot-pict plot-snip] [plot3d-pict plot3d-snip]))

;; With the keywords of plot's own that write a file, too.
(define (drawing draw draw-to-file)
  (lambda (keywords arguments . positional)
    (define given (map cons keywords arguments))
    (define (value keyword) (cond [(assq keyword given) => cdr] [else #f]))
    (define file (value '#:out-file))
    (define kind (value '#:out-kind))
    (define rest
      (filter (lambda (one) (not (memq (car one) '(#:out-file #:out-kind)))) given))
    (define (call function . more)
      (keyword-apply function (map car rest) (map cdr rest) (append positional more)))
    (when file (apply call draw-to-file file (if kind (list kind) '())))
    (call draw)))

(define plot-here (make-keyword-procedure (drawing plot-pict plot-file)))
(define plot3d-here (make-keyword-procedure (drawing plot3d-pict plot3d-file)))
