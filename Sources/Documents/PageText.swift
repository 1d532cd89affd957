// Text on a page, through pango: it finds a font for every script, shapes and wraps.
import CPangoCairo

/// A way of setting text.
struct PageText {
  /// Points.
  var size: Double
  var isBold = false
  /// The points it may be wide before it wraps; nil for as wide as it likes.
  var width: Double?
  var isRight = false
  /// Whether it may be parted into lines: an amount may not.
  var isWhole = false
  /// Black at 0, white at 1.
  var grey = 0.0

  /// A text of more lines ends with an ellipsis: no row is higher than a page.
  static let linesMax = 30
  private static let font = "DejaVu Sans, Noto Sans"

  /// How much room a text takes.
  func extent(_ text: String, _ context: OpaquePointer) -> (width: Double, height: Double) {
    guard let layout = layout(text, context) else { return (0, 0) }
    defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
    var (wide, high): (Int32, Int32) = (0, 0)
    pango_layout_get_size(layout, &wide, &high)
    return (Double(wide) / Double(PANGO_SCALE), Double(high) / Double(PANGO_SCALE))
  }

  /// Draws a text with its upper left corner at a place.
  func draw(_ text: String, x: Double, y: Double, _ context: OpaquePointer) {
    guard !text.isEmpty, let layout = layout(text, context) else { return }
    defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
    let left = isWhole && isRight ? x + (width ?? 0) - extent(text, context).width : x
    cairo_set_source_rgb(context, grey, grey, grey)
    cairo_move_to(context, left, y)
    pango_cairo_show_layout(context, layout)
  }

  /// The text made ready; whoever gets it gives it back with `g_object_unref`.
  private func layout(_ text: String, _ context: OpaquePointer) -> OpaquePointer? {
    guard let layout = pango_cairo_create_layout(context) else { return nil }
    // Points of the page, not the 96 dots an inch of a screen.
    pango_cairo_context_set_resolution(pango_layout_get_context(layout), 72)
    let description = pango_font_description_from_string(Self.font)
    pango_font_description_set_size(description, Int32(size * Double(PANGO_SCALE)))
    pango_font_description_set_weight(
      description, isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
    pango_layout_set_font_description(layout, description)
    pango_font_description_free(description)
    pango_layout_set_text(layout, text, Int32(text.utf8.count))
    if let width, !isWhole {
      pango_layout_set_width(layout, Int32(max(1, width) * Double(PANGO_SCALE)))
      pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
      pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
      // A negative height is a number of lines.
      pango_layout_set_height(layout, Int32(-Self.linesMax))
    }
    pango_layout_set_alignment(layout, isRight ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT)
    return layout
  }
}
