// The origins of the pages that may embed frames; `frame-ancestors` in servers.mjs says it to the browser, too.

export const embedders = ['https://shop.example'];
