// Pages to print or to send, through cairo.
import CPangoCairo
import Domain
import Reports

/// Reports as a PDF.
public enum PageDocument {
  /// The paper.
  public enum Paper: String, Sendable, Hashable, CaseIterable {
    case letter, a4

    /// Points: seventy-second parts of an inch.
    var size: (width: Double, height: Double) { self == .letter ? (612, 792) : (595, 842) }
  }

  /// Writes the pages, each report beginning on a new one.
  ///
  /// - Throws: ``DocumentError`` when the file cannot be written.
  public static func write(
    _ reports: [Report], to path: String, paper: Paper = .letter, madeAt: Instant
  ) throws(DocumentError) {
    let (width, height) = paper.size
    guard let surface = cairo_pdf_surface_create(path, width, height) else {
      throw DocumentError("\(path) could not be created.")
    }
    defer { cairo_surface_destroy(surface) }
    guard let context = cairo_create(surface) else {
      throw DocumentError("\(path) could not be created.")
    }
    let title = [reports.first?.letterhead, reports.first?.title].compactMap(\.self)
    cairo_pdf_surface_set_metadata(
      surface, CAIRO_PDF_METADATA_TITLE, CellText.printable(title.joined(separator: ": ")))
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Rentbook")
    for report in reports {
      // Wide reports lie on their side, those of few columns only where their type would be small.
      var pages = PageLayout(report, size: (width, height), context: context, madeAt: madeAt)
      if report.columns.count > 5 || pages.isSmall {
        pages = PageLayout(report, size: (height, width), context: context, madeAt: madeAt)
      }
      pages.draw(on: surface)
    }
    cairo_destroy(context)
    cairo_surface_finish(surface)
    let status = cairo_surface_status(surface)
    guard status == CAIRO_STATUS_SUCCESS else {
      let reason = cairo_status_to_string(status).map { String(cString: $0) } ?? ""
      throw DocumentError("\(path) could not be written: \(reason).")
    }
  }
}
