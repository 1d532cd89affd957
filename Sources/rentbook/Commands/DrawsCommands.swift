import Domain
import Reports
import Storage

/// `rentbook draws`, `report balances` and `report management-fees`: the owners' money of a month.
enum DrawsCommands {
  static let specs = [
    CommandSpec(
      "draws",
      options: [
        MonthOptions.month, OptionSpec("--owner", "ID", "Only what this owner gets."),
        OptionSpec("--property", "ID", "Only this property."),
      ], "What owners may be paid for a month, with every step that leads to it.", run: draws),
    CommandSpec(
      "report balances", options: [MonthOptions.month],
      "The cash of each property at the end of a month, and whose it is.", run: balances),
    CommandSpec(
      "report management-fees", options: [MonthOptions.month],
      "What the manager may charge for a month.", run: fees),
    CommandSpec(
      "report forecast",
      options: [
        MonthOptions.month, OptionSpec("--months", "N", "How many months ahead; 3 unless said."),
      ], "Income and cash of the months after one, with what is assumed.", run: forecast),
  ]

  // MARK: Draws

  private static func draws(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let month = try MonthOptions.month(invocation)
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let books = try workspace.onStore { store throws(StorageError) in try store.monthBooks() }
    let ledger = books.ledger
    let property = try MonthOptions.property(invocation, ledger)
    let owner = try MonthOptions.owner(invocation, ledger)
    var rows = books.draws.rows(months: month...month, properties: property.map { [$0] })
    if let owner { rows.removeAll { !$0.owners.contains { $0.owner == owner } } }
    if invocation.isJSON {
      Output.document(
        "draws", ["rows": .array(rows.map { json($0, ledger, only: owner) })])
    } else {
      show(rows, ledger, only: owner)
    }
    return .done
  }

  private static func show(_ rows: [DrawRow], _ ledger: LedgerSnapshot, only owner: Int?) {
    Output.table(
      [
        "Property", "From", "To", "NOI", "Carried", "Restored", "Income gives", "Cash allows",
        "Draw",
      ],
      rows.map {
        [
          ledger.properties[$0.property].name, $0.period.from.description, $0.period.to.description,
          $0.noi.description, $0.carryIn.description, $0.restoration.description,
          $0.calculated.description, $0.cap.description, $0.draw.description,
        ]
      }, rightAligned: [3, 4, 5, 6, 7, 8])
    for row in rows {
      Output.line("")
      Output.line(TerminalText.harmless("\(ledger.properties[row.property].name), \(row.period)"))
      for part in row.owners where owner.map({ $0 == part.owner }) ?? true {
        Output.line(
          TerminalText.harmless("  \(ledger.owners[part.owner].name): \(part.amount)"))
      }
      for reason in row.reasons { Output.line("  " + TerminalText.harmless(reason)) }
    }
  }

  static func json(_ row: DrawRow, _ ledger: LedgerSnapshot, only owner: Int?) -> JSONValue {
    func id(_ owner: Int) -> String { ledger.owners[owner].id }
    let owners = row.owners.filter { owner == nil || $0.owner == owner }
    func amounts(_ value: (OwnerDraw) -> Money, all: Bool) -> JSONValue {
      var object = JSONObject()
      for part in owners where all || value(part) != .zero {
        object[id(part.owner)] = .money(value(part))
      }
      return .object(object)
    }
    return [
      "property_id": MonthOptions.id(ledger.properties[row.property].id),
      "property": .string(ledger.properties[row.property].name),
      "month": .string(row.month.description), "from": .string(row.period.from.description),
      "to": .string(row.period.to.description), "noi": .money(row.noi),
      "carry_in": .money(row.carryIn), "restatement": .money(row.restatement),
      "unrestricted_start": .money(row.unrestrictedStart),
      "reserve_target": .money(row.reserveTarget), "restoration": .money(row.restoration),
      "percent": .string(row.percent.description), "calculated": .money(row.calculated),
      "unrestricted_end": .money(row.unrestrictedEnd),
      "held_unpaid_bills": .money(row.heldUnpaidBills),
      "held_undeposited": .money(row.heldUndeposited), "cap": .money(row.cap),
      "draw": .money(row.draw), "carry_out": .money(row.carryOut),
      "unrestricted_after_draw": .money(row.unrestrictedAfterDraw),
      "reserve_current": .money(row.reserveCurrent),
      "cumulative_draws": .money(row.cumulativeDraws),
      "cumulative_paid": .money(row.cumulativePaid), "cumulative_noi": .money(row.cumulativeNOI),
      "cumulative_contributions": .money(row.cumulativeContributions),
      "owners": amounts(\.amount, all: true), "shortfalls": amounts(\.shortfall, all: false),
      "held": amounts(\.held, all: false), "owner_cumulative": amounts(\.cumulative, all: true),
      "rules": .array(
        row.rules.map {
          [
            "kind": .string($0.kind.rawValue), "rule": .optional($0.rule.isEmpty ? nil : $0.rule),
            "owner_id": $0.owner.map { MonthOptions.id(id($0)) } ?? .null, "ask": .money($0.ask),
            "grant": .money($0.grant), "reason": .string($0.reason),
          ]
        }), "reasons": .array(row.reasons.map(JSONValue.string)),
      "problem": .optional(row.problem?.description), "declared": .bool(row.isDeclared),
      "inputs_hash": .string(Store.hash(row.inputs(ledger))),
    ]
  }

  // MARK: Balances and fees

  private static func balances(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let month = try MonthOptions.month(invocation)
    let ledger = try ledger(invocation)
    let rows = ledger.properties.indices.map {
      (property: ledger.properties[$0], cash: ledger.cashPosition(property: $0, on: month.last))
    }
    if invocation.isJSON {
      Output.document(
        "report balances",
        [
          "rows": .array(
            rows.map { property, cash in
              [
                "property_id": MonthOptions.id(property.id),
                "as_of": .string(month.last.description), "operating": .money(cash.operating),
                "deposit_trust": .money(cash.depositTrust),
                "undeposited": .money(cash.undeposited),
                "deposits_held": .money(cash.depositsHeld), "prepaid": .money(cash.prepaid),
                "management_income_held": .money(cash.managementIncomeHeld),
                "escrows_held": .money(cash.escrowsHeld),
                "accounts_receivable": .money(cash.accountsReceivable),
                "accounts_payable": .money(cash.accountsPayable),
                "owner_draws_paid_to_date": .money(cash.ownerDrawsPaid),
                "unrestricted": .money(cash.unrestricted),
              ]
            })
        ])
    } else {
      Output.table(
        ["Property", "Operating", "In trust", "Undeposited", "Not the owner's", "Owner's cash"],
        rows.map { property, cash in
          [
            property.name, cash.operating.description, cash.depositTrust.description,
            cash.undeposited.description, cash.restricted.description,
            cash.unrestricted.description,
          ]
        }, rightAligned: [1, 2, 3, 4, 5])
    }
    return .done
  }

  private static func fees(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let month = try MonthOptions.month(invocation)
    let ledger = try ledger(invocation)
    let rows = ledger.managementFees(month)
    if invocation.isJSON {
      Output.document(
        "report management-fees",
        [
          "rows": .array(
            rows.map {
              [
                "property_id": MonthOptions.id(ledger.properties[$0.property].id),
                "month": .string($0.month.description), "base": .money($0.base),
                "carried_base": .money($0.carriedBase),
                "percent": .optional($0.percent?.description), "fee": .money($0.fee),
              ]
            })
        ])
    } else {
      Output.table(
        ["Property", "Base", "Percent", "Fee"],
        rows.map {
          [
            ledger.properties[$0.property].name, $0.base.description,
            $0.percent?.description ?? "", $0.fee.description,
          ]
        }, rightAligned: [1, 2, 3])
    }
    return .done
  }

  // MARK: Forecast

  private static let forecastMonthsMax = 36

  private static func forecast(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let month = try MonthOptions.month(invocation)
    let count = try invocation.integer("--months", in: 1...forecastMonthsMax) ?? 3
    let ledger = try ledger(invocation)
    let forecast = ledger.forecast(after: month, months: count)
    if invocation.isJSON {
      Output.document(
        "report forecast",
        [
          "rows": .array(
            forecast.rows.map {
              [
                "property_id": MonthOptions.id(ledger.properties[$0.property].id),
                "month": .string($0.month.description), "rent": .money($0.rent),
                "other_income": .money($0.otherIncome),
                "operating_expenses": .money($0.operatingExpenses), "noi": .money($0.noi),
                "below_the_line": .money($0.belowTheLine), "cash": .money($0.cash),
              ]
            }), "assumptions": .array(forecast.assumptions.map(JSONValue.string)),
        ])
    } else {
      Output.table(
        ["Property", "Month", "Rent", "Other", "Expenses", "NOI", "Below the line", "Cash"],
        forecast.rows.map {
          [
            ledger.properties[$0.property].name, $0.month.description, $0.rent.description,
            $0.otherIncome.description, $0.operatingExpenses.description, $0.noi.description,
            $0.belowTheLine.description, $0.cash.description,
          ]
        }, rightAligned: [2, 3, 4, 5, 6, 7])
      MonthOptions.note(forecast.assumptions)
    }
    return .done
  }

  private static func ledger(_ invocation: Invocation) throws(Failure) -> LedgerSnapshot {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    return try workspace.onStore { store throws(StorageError) in try store.ledger() }
  }
}
