// The values of lists as people read them.
import Domain
import Terminal

/// A value of a list in words.
public enum CellText {
  /// The text of a value: money with separators, times by the person's clock.
  public static func text(_ cell: ListCell, utcOffsetMinutes: Int) -> String {
    switch cell {
    case .none: ""
    case .text(let text): text
    // Years and house numbers are read without a separator.
    case .number(let value): value.magnitude < 10_000 ? String(value) : Words.number(value)
    case .money(let amount): Words.money(amount)
    case .date(let date): date.description
    case .instant(let instant): Words.moment(instant, utcOffsetMinutes: utcOffsetMinutes)
    case .flag(let flag): flag ? "yes" : "no"
    }
  }

  static func piece(_ cell: ListCell, _ world: World) -> Piece {
    let text = text(cell, utcOffsetMinutes: world.utcOffsetMinutes)
    if case .money(let amount) = cell, amount < .zero { return Piece(text, .moneyNegative) }
    return Piece(text)
  }

  /// Numbers stand at the right, so that their digits are under each other.
  static func alignment(_ kind: ListColumn.Kind) -> Alignment {
    kind == .number || kind == .money ? .right : .left
  }
}

extension Words {
  /// `1,212.40`, with a minus sign below zero.
  static func money(_ amount: Money) -> String {
    let cents = amount.minorUnits.magnitude % 100
    let whole = number(Int(amount.minorUnits.magnitude / 100))
    return "\(amount < .zero ? "−" : "")\(whole).\(cents < 10 ? "0" : "")\(cents)"
  }

  /// What people who know no list by its name look for it by.
  static func synonyms(_ list: ListName) -> String {
    switch list {
    case .properties: "building house association"
    case .units: "apartment flat vacant vacancy"
    case .leases: "rent late overdue arrears unpaid owed delinquent contract tenant"
    case .tenants: "renter resident occupant person phone late overdue rent"
    case .owners: "landlord investor"
    case .ownership: "share percent"
    case .vendors: "supplier contractor payee"
    case .glAccounts: "chart ledger category"
    case .bankAccounts: "cash trust"
    case .transactions: "payment rent receipt charge deposit fee late check journal"
    case .bills: "invoice payable due"
    default: ""
    }
  }

  /// What a list is called.
  static func title(_ list: ListName) -> String {
    switch list {
    case .properties: "Properties"
    case .units: "Units"
    case .leases: "Leases"
    case .tenants: "Tenants"
    case .owners: "Owners"
    case .ownership: "Ownership"
    case .vendors: "Vendors"
    case .glAccounts: "GL accounts"
    case .bankAccounts: "Bank accounts"
    case .transactions: "Transactions"
    case .bills: "Bills"
    case .tasks: "Tasks"
    case .workOrders: "Work orders"
    case .audit: "Audit"
    case .apiLog: "API log"
    case .messages: "Messages"
    case .jobs: "Jobs"
    case .differences: "Differences"
    }
  }
}
