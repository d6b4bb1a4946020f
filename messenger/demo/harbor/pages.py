"""Pages of the shop that visitors write from: path and title."""

HOME = ("/", "Harbor & Pine: good things for a quiet home")
MUG = ("/table/tide-mug", "Tide mug | Harbor & Pine")
TEAPOT = ("/table/slow-teapot", "Slow teapot | Harbor & Pine")
LAMP = ("/light/pier-lamp", "Pier lamp | Harbor & Pine")
CHAIR = ("/furniture/cove-chair", "Cove chair | Harbor & Pine")
OLIVE = ("/green/olive", "Olive in a pot | Harbor & Pine")
CART = ("/cart", "Your basket | Harbor & Pine")
ORDERS = ("/account/orders", "Your orders | Harbor & Pine")
COURSES = ("/workshop", "Courses by the water | Harbor & Pine")
ENVIOS = ("/es/ayuda/envios", "Envíos y devoluciones | Harbor & Pine")
LAMPARA = ("/es/luz/lampara-muelle", "Lámpara Muelle | Harbor & Pine")
