"""A classification method in ten lines: a text scores what its best shared anchor gives it.

Run: python3 examples/methods/nearest_pair.py 9000
Then: CLASSIFICATION_METHODS=nearest=http://127.0.0.1:9000/ npm start
"""
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

def dot(a, b): return sum(x * y for x, y in zip(a, b))

class Method(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "fit" in asked: answer = {"fitted": {"images": asked["fit"]["images"], "texts": asked["fit"]["texts"]}}
        else:
            anchors, images, texts = (asked["score"][key] for key in ("fitted", "images", "texts"))
            pairs = list(zip(anchors["images"], anchors["texts"]))
            answer = {"scores": [[max(dot(i, a) * dot(t, b) for a, b in pairs) for t in texts] for i in images]}
        self.send_response(200); self.end_headers(); self.wfile.write(json.dumps(answer).encode())
    def log_message(self, *_): pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), Method).serve_forever()
