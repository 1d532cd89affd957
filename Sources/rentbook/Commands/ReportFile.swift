// Reports in files, for the commands and for the screen.
import Background
import Documents
import Domain
import Glibc
import Reports

/// Writes reports in the forms they come in.
enum ReportFile {
  /// The forms a report comes in.
  enum Format: String, CaseIterable { case table, csv, xlsx, pdf, json }

  /// Writes one report or several to a file, whole or not at all.
  static func write(
    _ reports: [Report], _ format: Format, to path: String, paper: PageDocument.Paper
  ) throws(Failure) {
    switch format {
    case .csv: try Files.write(CSVDocument.text(reports), to: path)
    case .table:
      try Files.write(reports.map { TextDocument.text($0) }.joined(separator: "\n"), to: path)
    case .json: try Files.write(JSONValue.object(document(reports)).text + "\n", to: path)
    case .xlsx, .pdf: try draw(reports, format, to: path, paper: paper)
    }
  }

  /// Made beside its place and moved there whole, so that a failure leaves what was there.
  private static func draw(
    _ reports: [Report], _ format: Format, to path: String, paper: PageDocument.Paper
  ) throws(Failure) {
    let unfinished = path + ".unfinished"
    defer { unlink(unfinished) }
    do throws(DocumentError) {
      if format == .xlsx {
        try Workbook.write(reports, to: unfinished)
      } else {
        let now = Instant(milliseconds: SystemClock().wallMilliseconds)
        try PageDocument.write(reports, to: unfinished, paper: paper, madeAt: now)
      }
    } catch {
      throw Failure("file", error.description, exit: .failed)
    }
    // Tenants' data: for the user alone.
    guard chmod(unfinished, 0o600) == 0, rename(unfinished, path) == 0 else {
      throw Failure(
        "file", "\(path) could not be written: \(String(cString: strerror(errno))).", exit: .failed)
    }
  }

  /// A report as JSON; several as a list under `packet`.
  static func document(_ reports: [Report]) -> JSONObject {
    var documents = reports.map(document)
    guard documents.count > 1 else { return documents.first ?? JSONObject() }
    var first = documents.removeFirst()
    first["packet"] = .array(documents.map(JSONValue.object))
    return first
  }

  private static func document(_ report: Report) -> JSONObject {
    [
      "name": .string(report.name), "title": .string(report.title),
      "portfolio": .string(report.letterhead),
      "scope": .array(report.scope.map(JSONValue.string)),
      "columns": .array(
        report.columns.map {
          [
            "key": .string($0.key), "title": .string($0.title), "kind": .string($0.kind.rawValue),
          ]
        }),
      "rows": .array(report.rows.map { .object(row($0, report.columns)) }),
      "notes": .array(report.notes.map(JSONValue.string)),
    ]
  }

  /// A row: the records and days it stands for, its cells by the columns' keys, and in their order.
  private static func row(_ row: Report.Row, _ columns: [Report.Column]) -> JSONObject {
    var object: JSONObject = ["kind": .string(row.kind.rawValue), "depth": .int(row.depth)]
    for (name, id) in row.reference.ids { object[name] = MonthOptions.id(id) }
    if let period = row.reference.period {
      object["period"] = [
        "from": .string(period.from.description), "to": .string(period.to.description),
      ]
    }
    for (column, cell) in zip(columns, row.cells) { object[column.key] = value(cell) }
    object["cells"] = .array(row.cells.map(value))
    return object
  }

  private static func value(_ cell: Report.Cell) -> JSONValue {
    switch cell {
    case .none: .null
    case .text(let text): .string(text)
    case .money(let amount): .money(amount)
    case .percent(let percent): .string(percent.description)
    case .date(let date): .string(date.description)
    case .count(let count): .int(count)
    }
  }
}
