// The figures of a month as they are finalised.
import Domain

/// Everything a close keeps of a month.
public struct MonthResult: Sendable {
  /// The month.
  public let month: CalendarMonth
  /// Net operating income, both bases.
  public let noi: [NOIRow]
  /// The owners' parts of it.
  public let owners: [OwnerNOIRow]
  /// The draws.
  public let draws: [DrawRow]

  /// The figures of a month as they follow from the ledger and what was declared before.
  public init(_ month: CalendarMonth, ledger: LedgerSnapshot, draws: DrawCalculation) {
    self.month = month
    noi = Basis.allCases.flatMap { ledger.noi(months: [month], basis: $0) }
    owners = ledger.ownerNOI(of: noi).rows
    self.draws = draws.rows(months: month...month)
  }

  /// Everything the result depends on, as text: equal texts are equal results.
  public func inputs(_ ledger: LedgerSnapshot) -> String {
    var parts = noi.map {
      let figures = $0.figures
      return "\(ledger.properties[$0.property].id) \($0.period) \($0.basis.rawValue)"
        + " \(figures.revenue) \(figures.operatingExpenses) \(figures.nonOperatingIncome)"
        + " \(figures.nonOperatingExpenses)"
    }
    parts += draws.map { $0.inputs(ledger) }
    return parts.joined(separator: "\n")
  }

  /// The result as a document, with Buildium's ids.
  public func json(_ ledger: LedgerSnapshot) -> JSONValue {
    func text(_ amount: Money) -> JSONValue { .string(amount.description) }
    return [
      "month": .string(month.description),
      "noi": .array(
        noi.map {
          [
            "property": .string(ledger.properties[$0.property].id),
            "from": .string($0.period.from.description), "to": .string($0.period.to.description),
            "basis": .string($0.basis.rawValue), "revenue": text($0.figures.revenue),
            "operating_expenses": text($0.figures.operatingExpenses),
            "noi": text($0.figures.noi), "net_income": text($0.figures.netIncome),
          ]
        }),
      "owners": .array(
        owners.map {
          [
            "owner": .string(ledger.owners[$0.owner].id),
            "property": .string(ledger.properties[$0.property].id),
            "from": .string($0.period.from.description), "basis": .string($0.basis.rawValue),
            "noi": text($0.noi),
          ]
        }),
      "draws": .array(
        draws.map { row in
          var owners = JSONObject()
          for part in row.owners { owners[ledger.owners[part.owner].id] = text(part.amount) }
          return [
            "property": .string(ledger.properties[row.property].id),
            "from": .string(row.period.from.description), "to": .string(row.period.to.description),
            "noi": text(row.noi), "carry_in": text(row.carryIn), "cap": text(row.cap),
            "calculated": text(row.calculated), "draw": text(row.draw),
            "carry_out": text(row.carryOut), "owners": .object(owners),
          ]
        }),
    ]
  }

  // MARK: Rows of the owners' base

  /// A row as the owners' base has it, named by its key.
  public struct Row: Sendable, Hashable {
    /// `rentbook/noi/MONTH/BASIS/PROPERTY[/OWNER]` or `rentbook/draws/MONTH/PROPERTY/OWNER`.
    public let key: String
    /// `noi` or `draws`.
    public let kind: String
    /// Values by our names of the fields; links are keys of records.
    public let fields: JSONObject
  }

  /// The rows, one per property and basis, one per owner of it, one per draw of an owner. Parts of
  /// the month are added up.
  public func rows(_ ledger: LedgerSnapshot) -> [Row] {
    noiRows(ledger) + ownerRows(ledger) + drawRows(ledger)
  }

  private struct Place: Hashable {
    var property: Int
    var owner = -1
    var basis = Basis.cash
  }

  private func noiRows(_ ledger: LedgerSnapshot) -> [Row] {
    var order: [Place] = []
    var sums: [Place: NOIFigures] = [:]
    for row in noi {
      let place = Place(property: row.property, basis: row.basis)
      if sums[place] == nil { order.append(place) }
      sums[place, default: NOIFigures()] = (sums[place] ?? NOIFigures()) + row.figures
    }
    return order.map { place in
      let (property, figures) = (ledger.properties[place.property], sums[place] ?? NOIFigures())
      return Row(
        key: "rentbook/noi/\(month)/\(place.basis.rawValue)/\(property.id)", kind: "noi",
        fields: [
          "month": .string(month.description), "property_id": .string(key(property)),
          "basis": .string(place.basis.rawValue),
          "revenue": .string(figures.revenue.description),
          "operating_expenses": .string(figures.operatingExpenses.description),
          "noi": .string(figures.noi.description),
        ])
    }
  }

  private func ownerRows(_ ledger: LedgerSnapshot) -> [Row] {
    var order: [Place] = []
    var sums: [Place: Money] = [:]
    for row in owners {
      let place = Place(property: row.property, owner: row.owner, basis: row.basis)
      if sums[place] == nil { order.append(place) }
      sums[place, default: .zero] += row.noi
    }
    return order.map { place in
      let (property, owner) = (ledger.properties[place.property], ledger.owners[place.owner])
      return Row(
        key: "rentbook/noi/\(month)/\(place.basis.rawValue)/\(property.id)/\(owner.id)",
        kind: "noi",
        fields: [
          "month": .string(month.description), "property_id": .string(key(property)),
          "owner_id": .string(key(owner)), "basis": .string(place.basis.rawValue),
          "noi": .string((sums[place] ?? .zero).description),
        ])
    }
  }

  private func drawRows(_ ledger: LedgerSnapshot) -> [Row] {
    var order: [Place] = []
    var sums: [Place: (draw: Money, last: DrawRow, cumulative: Money)] = [:]
    for row in draws {
      for part in row.owners {
        let place = Place(property: row.property, owner: part.owner)
        if sums[place] == nil { order.append(place) }
        sums[place] = ((sums[place]?.draw ?? .zero) + part.amount, row, part.cumulative)
      }
    }
    var shares: [Place: Money] = [:]
    for row in owners where row.basis == .cash {
      shares[Place(property: row.property, owner: row.owner), default: .zero] += row.noi
    }
    return order.compactMap { place in
      guard let sum = sums[place] else { return nil }
      let (property, owner) = (ledger.properties[place.property], ledger.owners[place.owner])
      return Row(
        key: "rentbook/draws/\(month)/\(property.id)/\(owner.id)", kind: "draws",
        fields: [
          "month": .string(month.description), "property_id": .string(key(property)),
          "owner_id": .string(key(owner)),
          "noi_share": .string((shares[place] ?? .zero).description),
          "reserve_held": .string(sum.last.reserveCurrent.description),
          "draw": .string(sum.draw.description),
          "cumulative_draws": .string(sum.cumulative.description),
          "available": .string(sum.last.cap.description), "status": "declared",
        ])
    }
  }

  private func key(_ property: LedgerProperty) -> String {
    property.buildiumID.map { "buildium/rentals/\($0)" } ?? property.localID
  }

  private func key(_ owner: LedgerOwner) -> String {
    owner.buildiumID.map { "buildium/owners/\($0)" } ?? owner.localID
  }
}
