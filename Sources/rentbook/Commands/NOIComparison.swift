import Domain
import Reports

/// The figures of some months beside those of others, or beside what was to be expected of them.
struct NOIComparison {
  private struct Line {
    var property: Int
    var now = Money.zero
    var before = Money.zero
    /// Net operating income of the months up to the last one, in order.
    var trend = Array(repeating: Money.zero, count: NOIComparison.trendCount)
  }

  /// A year.
  private static let trendCount = 12

  private let title: String
  private let lines: [Line]
  private let notes: [String]

  /// As `--against` says; nil when it is not given.
  init?(
    _ invocation: Invocation, _ ledger: LedgerSnapshot, _ rows: [NOIRow], months: [CalendarMonth],
    basis: Basis, property: Int?, planNotes: [String]
  ) throws(Failure) {
    guard let what = invocation.text("--against") else { return nil }
    guard let first = months.first, let last = months.last else { return nil }
    var sums: [Int: Line] = [:]
    func add(_ amount: Money, _ property: Int, _ field: WritableKeyPath<Line, Money>) {
      sums[property, default: Line(property: property)][keyPath: field] += amount
    }
    for row in rows { add(row.figures.noi, row.property, \.now) }
    if what == "forecast" {
      let forecast = ledger.forecast(after: first.adding(months: -1), months: months.count)
      for row in forecast.rows where property.map({ $0 == row.property }) ?? true {
        add(row.noi, row.property, \.before)
      }
      (title, notes) = ("forecast", forecast.assumptions)
    } else if what == "plan" {
      for number in property.map({ [$0] }) ?? Array(ledger.properties.indices) {
        for month in months {
          let planned = ledger.plannedNOI(property: number, period: month.period)
          if planned != .zero { add(planned, number, \.before) }
        }
      }
      (title, notes) = ("plan", ledger.plan.notes + planNotes)
    } else {
      let end: CalendarMonth
      switch what {
      case "previous": end = first.adding(months: -1)
      case "last-year": end = last.adding(months: -12)
      default:
        guard let month = CalendarMonth(what) else {
          throw .usage(
            "--against takes previous, last-year, forecast, plan or a month such as 2026-07, not "
              + "“\(what)”."
          )
        }
        end = month
      }
      let others = CalendarMonth.months(end.adding(months: 1 - months.count), through: end)
      let before = ledger.noi(months: others, basis: basis, properties: property.map { [$0] })
      for row in before { add(row.figures.noi, row.property, \.before) }
      title = others.count == 1 ? "\(end)" : "\(others.first ?? end) to \(end)"
      notes = []
    }
    let year = CalendarMonth.months(
      last.adding(months: 1 - Self.trendCount), through: last)
    let places = Dictionary(uniqueKeysWithValues: year.enumerated().map { ($1, $0) })
    for row in ledger.noi(months: year, basis: basis, properties: sums.keys.sorted()) {
      if let place = places[row.month] { sums[row.property]?.trend[place] += row.figures.noi }
    }
    lines = sums.values.sorted { $0.property < $1.property }
  }

  /// To a tenth of a per cent; nil where nothing was before, or the sign changed.
  private static func percent(_ line: Line) -> String? {
    guard line.before != .zero, line.now == .zero || (line.now < .zero) == (line.before < .zero)
    else { return nil }
    let base = Int128(line.before.minorUnits.magnitude)
    let change = Int128(line.now.minorUnits) - Int128(line.before.minorUnits)
    let tenths = (change.magnitude * 2000 / base.magnitude + 1) / 2
    return "\(change < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
  }

  private var total: Line {
    lines.reduce(into: Line(property: -1)) {
      $0.now += $1.now
      $0.before += $1.before
      for place in $1.trend.indices { $0.trend[place] += $1.trend[place] }
    }
  }

  func show(_ ledger: LedgerSnapshot) {
    let rows = lines.map { (ledger.properties[$0.property].name, $0) } + [("Total", total)]
    Output.table(
      ["Property", "NOI", title, "Change", "%", "12 months"],
      rows.map { name, line in
        [
          name, line.now.description, line.before.description,
          (line.now - line.before).description, Self.percent(line) ?? "",
          TrendChart.text(line.trend),
        ]
      }, rightAligned: [1, 2, 3, 4])
    MonthOptions.note(notes)
  }

  func json(_ ledger: LedgerSnapshot) -> JSONValue {
    [
      "against": .string(title),
      "rows": .array(
        lines.map { line in
          [
            "property_id": MonthOptions.id(ledger.properties[line.property].id),
            "noi": .money(line.now), "against_noi": .money(line.before),
            "change": .money(line.now - line.before), "percent": .optional(Self.percent(line)),
            "trend": .array(line.trend.map(JSONValue.money)),
          ]
        }), "assumptions": .array(notes.map(JSONValue.string)),
    ]
  }
}
