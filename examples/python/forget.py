# %% [markdown]
# # Classify, explain and forget
#
# Pairs of an image and a text classify without training. The pairs are the model: what they decided can be shown, and
# whoever takes their pairs back takes them out of every answer.
#
#     pip install "anchorage[images,local]"

# %%
import os

from anchorage import Anchorage
from PIL import Image, ImageDraw

# A service that runs already, or one that is started for this notebook.
url = os.environ.get("ANCHORAGE_URL")
client = Anchorage(url) if url else Anchorage.local()

# %% [markdown]
# ## Pairs
#
# Ann draws warm shapes, Bob draws cold ones. Both images and captions are encoded by the service.

# %%
SHAPES = {"circle": "ellipse", "square": "rectangle"}
COLOURS = {"red": "ann", "orange": "ann", "blue": "bob", "green": "bob"}


def drawing(shape: str, colour: str, size: int = 96) -> Image.Image:
    picture = Image.new("RGB", (size, size), "white")
    draw = getattr(ImageDraw.Draw(picture), SHAPES[shape])
    draw((size // 6, size // 6, size * 5 // 6, size * 5 // 6), fill=colour)
    return picture


shapes = client.collection("shapes-of-ann-and-bob")
shapes.create()
written = shapes.put(
    [
        {
            "id": f"{colour}-{shape}",
            "text": f"a {colour} {shape}",
            "image": drawing(shape, colour),
            "metadata": {"owner": owner},
        }
        for shape in SHAPES
        for colour, owner in COLOURS.items()
    ]
)
print(f"{written['upserted']} pairs at sequence {written['sequence']}")

# %% [markdown]
# ## Classify and explain
#
# In a notebook the answer shows its classes, and the pairs that decided, with bars to the right for what speaks for the
# class.

# %%
question = {
    "images": [drawing("circle", "crimson", size=128)],
    "classes": ["a red circle", "a blue circle", "a green square"],
    "explain": 4,
}
before = shapes.classify(**question)
print("before:", before.names[0])
for each in before.results[0]["explanation"]:
    print(f"{each['contribution']:+.4f}  {each['text']}")
before  # noqa: B018

# %% [markdown]
# ## What if Ann took her pairs back?
#
# A counterfactual asks without writing anything.

# %%
what_if = shapes.counterfactual(
    images=question["images"], classes=question["classes"], without={"filter": {"owner": "ann"}}
)
print(f"{what_if['removed']} pairs fewer, {what_if['anchors']['after']} left")

# %% [markdown]
# ## Forget
#
# The deletion has a receipt, and no answer after it uses Ann's pairs. Compaction takes their bytes out of memory and files.

# %%
forgotten = shapes.delete_anchors(filter={"owner": "ann"})
after = shapes.classify(**question)
print("after:", after.names[0])
assert all("red" not in each["text"] for each in after.results[0]["explanation"])

shapes.compact()
receipt = shapes.get_receipt(forgotten["receipt"]["id"])
print(f"{receipt['count']} pairs are {receipt['state']}, receipt {receipt['id']}")

# %%
shapes.delete()
client.close()
