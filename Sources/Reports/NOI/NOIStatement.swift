// Net operating income of months, by property and by owner.
import Domain

/// A property's figures in one part of a month.
public struct NOIRow: Sendable, Hashable {
  /// The property's number.
  public var property: Int
  /// The month.
  public var month: CalendarMonth
  /// The part of the month.
  public var period: Period
  /// The basis.
  public var basis: Basis
  /// The figures.
  public var figures: NOIFigures

  /// A row.
  public init(
    property: Int, month: CalendarMonth, period: Period, basis: Basis, figures: NOIFigures
  ) {
    (self.property, self.month, self.period) = (property, month, period)
    (self.basis, self.figures) = (basis, figures)
  }
}

/// An owner's part of a property's net operating income.
public struct OwnerNOIRow: Sendable, Hashable {
  /// The owner's number.
  public var owner: Int
  /// The property's number.
  public var property: Int
  /// The month.
  public var month: CalendarMonth
  /// The part of the month.
  public var period: Period
  /// The basis.
  public var basis: Basis
  /// The owner's part; negative for a loss.
  public var noi: Money
}

/// Why a property gives no figure for its owners.
public struct OwnershipProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The property's number.
  public var property: Int
  /// The days it is about.
  public var period: Period
  /// What is wrong, in words.
  public var description: String
}

extension LedgerSnapshot {
  /// The rows of months, by property, month and part of it.
  ///
  /// - Parameter properties: only these, by number; nil for all.
  public func noi(months: [CalendarMonth], basis: Basis, properties only: [Int]? = nil) -> [NOIRow]
  {
    var rows: [NOIRow] = []
    for property in only ?? Array(properties.indices) {
      let own = lines(ofProperty: property)
      // A property nobody manages any more, and never kept books of, is none.
      guard properties[property].isActive || !own.isEmpty else { continue }
      for month in months {
        for period in properties[property].subPeriods(of: month.period) {
          rows.append(
            NOIRow(
              property: property, month: month, period: period, basis: basis,
              figures: figures(property: property, period: period, basis: basis)))
        }
      }
    }
    return rows
  }

  /// The owners' parts of rows; what they cannot be told of stands among the problems.
  public func ownerNOI(of rows: [NOIRow]) -> (rows: [OwnerNOIRow], problems: [OwnershipProblem]) {
    var result: [OwnerNOIRow] = []
    var problems: [OwnershipProblem] = []
    for row in rows {
      do throws(OwnershipProblem) {
        for part in try ownerParts(of: row) {
          result.append(
            OwnerNOIRow(
              owner: part.owner, property: row.property, month: row.month, period: row.period,
              basis: row.basis, noi: part.amount))
        }
      } catch { problems.append(error) }
    }
    return (result, problems)
  }

  /// A part of an amount.
  public struct OwnerPart: Sendable, Hashable {
    /// The owner's number.
    public var owner: Int
    /// The part.
    public var amount: Money
  }

  /// A row's net operating income by owner: what is shared by the shares, and what is one owner's
  /// alone on top. The parts add up to it.
  private func ownerParts(of row: NOIRow) throws(OwnershipProblem) -> [OwnerPart] {
    let weights = try ownershipWeights(row.property, row.period, disbursement: false)
    let specific = specificIncome(property: row.property, period: row.period, basis: row.basis)
    let income = attributedIncome(
      property: row.property, month: row.month, period: row.period, basis: row.basis)
    return Self.parts(of: income?.amount ?? row.figures.noi, by: weights, specific: specific)
  }

  /// Divides an amount: what belongs to certain owners goes to them, the rest by the weights.
  static func parts(
    of total: Money, by weights: [LargestRemainder.Weight], specific: [Int: Money]
  ) -> [OwnerPart] {
    let general = specific.values.reduce(total) { $0 - $1 }
    let shares = LargestRemainder.parts(of: general, by: weights) ?? []
    var parts = zip(weights, shares).map {
      OwnerPart(owner: $0.id, amount: $1 + (specific[$0.id] ?? .zero))
    }
    for (owner, amount) in specific.sorted(by: { $0.key < $1.key })
    where !weights.contains(where: { $0.id == owner }) {
      parts.append(OwnerPart(owner: owner, amount: amount))
    }
    return parts
  }

  /// The shares of a property in a part of a month, which does not change within it.
  func ownershipWeights(
    _ property: Int, _ period: Period, disbursement: Bool
  ) throws(OwnershipProblem) -> [LargestRemainder.Weight] {
    let record = properties[property]
    let shares = record.shares(on: period.from)
    func problem(_ text: String) -> OwnershipProblem {
      OwnershipProblem(property: property, period: period, description: text)
    }
    guard !shares.isEmpty else {
      throw problem(
        "\(record.name) has no owner from \(period); enter its owners and their shares.")
    }
    let kind = disbursement ? "disbursement" : "ownership"
    var weights: [LargestRemainder.Weight] = []
    var sum = Percent(units: 0)
    for share in shares {
      guard let percent = disbursement ? share.disbursement : share.ownership else {
        throw problem(
          "\(record.name): the \(kind) percentage of \(owners[share.owner].name) is not known from "
            + "\(period); enter it.")
      }
      weights.append(LargestRemainder.Weight(id: share.owner, weight: percent.units))
      sum = Percent(units: sum.units + percent.units)
    }
    guard sum == .whole else {
      let isNear = abs(sum.units - Percent.whole.units) <= Percent.unitsPerPercent / 100
      throw problem(
        "\(record.name): the \(kind) percentages from \(period) add up to \(sum), not 100"
          + (isNear ? "; give the rest to one of the owners." : "; correct them."))
    }
    return weights
  }

  /// What belongs to certain owners of a property's income of a period: positive for income,
  /// negative for cost.
  func specificIncome(property: Int, period: Period, basis: Basis) -> [Int: Money] {
    guard let lines = specificLines[property] else { return [:] }
    struct Group {
      var amount = Money.zero
      var shares: [SpecificShare] = []
    }
    var groups: [Int32: Group] = [:]
    let range = self.lines(ofProperty: property, in: period)
    for entry in lines where range.contains(entry.line) && self.lines.isIn(basis, entry.line) {
      let code = classCode(ofLine: entry.line)
      guard code <= 1 else { continue }
      let transaction = self.lines.transaction[entry.line]
      groups[transaction, default: Group()].amount +=
        Money(minorUnits: -self.lines.debit[entry.line])
      groups[transaction]?.shares = entry.shares
    }
    var result: [Int: Money] = [:]
    for group in groups.values {
      let sum = group.shares.reduce(0) { $0 + $1.percent.units }
      var weights = group.shares.map {
        LargestRemainder.Weight(id: $0.owner, weight: $0.percent.units)
      }
      // What is not given to anybody is shared like everything else.
      weights.append(
        LargestRemainder.Weight(id: .max, weight: max(0, Percent.whole.units - sum)))
      for (weight, part) in zip(
        weights, LargestRemainder.parts(of: group.amount, by: weights) ?? [])
      where weight.id != .max {
        result[weight.id, default: .zero] += part
      }
    }
    return result.filter { $0.value != .zero }
  }
}
