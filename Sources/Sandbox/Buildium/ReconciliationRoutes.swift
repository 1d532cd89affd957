import Domain

/// Reconciliations of bank accounts. An account that an outside feed reconciles answers 409, now
/// and for ever.
enum ReconciliationRoutes {
  private static let path = "/v1/bankaccounts/#/reconciliations"

  static let all: [Route] = [
    .get(path, .banks, "paging") { (state, call) throws(Refusal) in
      let bank = try state.reconcilable(call)
      let rows = state.portfolio.reconciliations.rows.filter { $0.bankAccountId == bank.id }
      return try state.list(rows, call, keys) { state.write($1, &$0) }
    },
    .send("POST", path, .banks, "ReconciliationPost") { (state, call) throws(Refusal) in
      try state.addReconciliation(call)
    },
    .get(path + "/#", .banks) { (state, call) throws(Refusal) in
      let reconciliation = try state.reconciliation(call)
      return state.object { state.write(reconciliation, &$0) }
    },
    .send("PUT", path + "/#", .banks, "ReconciliationPut") { (state, call) throws(Refusal) in
      try state.changeReconciliation(call) { $0.statementEnd = $1 }
    },
    .get(path + "/#/balances", .banks) { (state, call) throws(Refusal) in
      let reconciliation = try state.reconciliation(call)
      return try state.answerBalances(reconciliation, call)
    },
    .send("PUT", path + "/#/balances", .banks, "ReconciliationBalance") {
      (state, call) throws(Refusal) in
      _ = try state.changeReconciliation(call) { reconciliation, _ in
        reconciliation.withdrawals = call.body.money("TotalChecksAndWithdrawals") ?? .zero
        reconciliation.deposits = call.body.money("TotalDepositsAndAdditions") ?? .zero
        reconciliation.ending = call.body.money("EndingBalance") ?? .zero
      }
      return try state.answerBalances(try state.reconciliation(call), call)
    },
    .send("POST", path + "/#/cleartransactionsrequest", .banks, "TransactionIds") {
      (state, call) throws(Refusal) in
      try state.clear(call, true)
    },
    .send("POST", path + "/#/uncleartransactionsrequest", .banks, "TransactionIds") {
      (state, call) throws(Refusal) in
      try state.clear(call, false)
    },
    .send("POST", path + "/#/finalizerequest", .banks) { (state, call) throws(Refusal) in
      try state.finish(call)
    },
    .get(path + "/#/transactions", .banks, "paging") { (state, call) throws(Refusal) in
      try state.listReconciled(call)
    },
  ]

  static let keys: SortKeys<Reconciliation> = [
    "id": { .id($0.id) }, "statementendingdate": { .day($0.statementEnd) },
    "isfinished": { .id($0.isFinished ? 1 : 0) },
  ]
}

extension BuildiumState {
  func write(_ reconciliation: Reconciliation, _ writer: inout MessageWriter) {
    writer.put("Id", reconciliation.id)
    writer.put("IsFinished", reconciliation.isFinished)
    writer.put("StatementEndingDate", reconciliation.statementEnd)
  }

  func reconcilable(_ call: Call) throws(Refusal) -> BankAccount {
    let bank = try find(portfolio.banks, call.id(0), "bank account")
    if bank.isLinked {
      throw Refusal.conflict("The bank account is linked to an external reconciliation.")
    }
    return bank
  }

  func reconciliation(_ call: Call) throws(Refusal) -> Reconciliation {
    let bank = try reconcilable(call)
    let reconciliation = try find(portfolio.reconciliations, call.id(1), "reconciliation")
    guard reconciliation.bankAccountId == bank.id else {
      throw Refusal.notFound("reconciliation")
    }
    return reconciliation
  }

  private func pending(_ call: Call) throws(Refusal) -> Reconciliation {
    let reconciliation = try reconciliation(call)
    if reconciliation.isFinished {
      throw Refusal.conflict("A finished reconciliation cannot be changed.")
    }
    return reconciliation
  }

  /// What the bank's side and the books' side of a statement say.
  private struct Statement {
    var beginning: Money
    var deposits: Money
    var withdrawals: Money
    var ending: Money { beginning + deposits - withdrawals }
  }

  private func cleared(_ reconciliation: Reconciliation) throws(Refusal) -> Statement {
    let bank = try find(portfolio.banks, reconciliation.bankAccountId, "bank account")
    var statement = Statement(
      beginning: reconciliation.beginning, deposits: .zero, withdrawals: .zero)
    for move in portfolio.bankMoves(bank)
    where reconciliation.transactionIds.contains(move.transactionId) {
      if move.amount > .zero {
        statement.deposits += move.amount
      } else {
        statement.withdrawals += -move.amount
      }
    }
    return statement
  }

  func answerBalances(
    _ reconciliation: Reconciliation, _ call: Call
  ) throws(Refusal) -> Answer {
    let cleared = try cleared(reconciliation)
    return object { writer in
      writer.put("Difference", reconciliation.ending - cleared.ending)
      writer.object("StatementBalance") {
        $0.put("TotalChecksAndWithdrawals", reconciliation.withdrawals)
        $0.put("TotalDepositsAndAdditions", reconciliation.deposits)
        $0.put("EndingBalance", reconciliation.ending)
        $0.put("BeginningBalance", reconciliation.beginning)
      }
      writer.object("ClearedBalance") {
        $0.put("TotalChecksAndWithdrawals", cleared.withdrawals)
        $0.put("TotalDepositsAndAdditions", cleared.deposits)
        $0.put("EndingBalance", cleared.ending)
        $0.put("BeginningBalance", cleared.beginning)
      }
    }
  }

  mutating func addReconciliation(_ call: Call) throws(Refusal) -> Answer {
    let bank = try reconcilable(call)
    let earlier = portfolio.reconciliations.rows.filter { $0.bankAccountId == bank.id }
    if earlier.contains(where: { !$0.isFinished }) {
      throw Refusal.conflict("A reconciliation of the bank account has been begun already.")
    }
    guard let end = call.body.day("StatementEndingDate"),
      end > earlier.last?.statementEnd ?? Day(number: 0)
    else {
      throw Refusal.unprocessable(
        "StatementEndingDate", "must lie after the last statement's end")
    }
    let beginning = earlier.last?.ending ?? .zero
    let id = portfolio.reconciliations.add {
      Reconciliation(
        id: $0, bankAccountId: bank.id, statementEnd: end, isFinished: false,
        beginning: beginning, ending: call.body.money("EndingBalance") ?? .zero,
        withdrawals: call.body.money("TotalChecksAndWithdrawals") ?? .zero,
        deposits: call.body.money("TotalDepositsAndAdditions") ?? .zero, transactionIds: [])
    }
    let reconciliation = try find(portfolio.reconciliations, id, "reconciliation")
    return created("/v1/bankaccounts/\(bank.id)/reconciliations/\(id)") {
      write(reconciliation, &$0)
    }
  }

  mutating func changeReconciliation(
    _ call: Call, _ change: (inout Reconciliation, Day) -> Void
  ) throws(Refusal) -> Answer {
    var reconciliation = try pending(call)
    change(&reconciliation, call.body.day("StatementEndingDate") ?? reconciliation.statementEnd)
    let changed = reconciliation
    portfolio.reconciliations.update(changed.id) { $0 = changed }
    return object { write(changed, &$0) }
  }

  mutating func clear(_ call: Call, _ isCleared: Bool) throws(Refusal) -> Answer {
    let reconciliation = try pending(call)
    let bank = try reconcilable(call)
    let known = Set(
      portfolio.bankMoves(bank).filter { $0.day <= reconciliation.statementEnd }
        .map(\.transactionId))
    let ids = call.body.ids("TransactionIds") ?? []
    for (index, id) in ids.enumerated() {
      let status = reconciliationStatus(id, at: bank)
      guard known.contains(id), status == (isCleared ? "UnReconciled" : "Cleared") else {
        throw Refusal.unprocessable(
          "TransactionIds[\(index)]",
          "is no \(isCleared ? "uncleared" : "cleared") transaction of the statement")
      }
    }
    portfolio.reconciliations.update(reconciliation.id) {
      if isCleared {
        $0.transactionIds.formUnion(ids)
      } else {
        $0.transactionIds.subtract(ids)
      }
    }
    return .noContent
  }

  mutating func finish(_ call: Call) throws(Refusal) -> Answer {
    let reconciliation = try pending(call)
    let difference = reconciliation.ending - (try cleared(reconciliation)).ending
    if difference != .zero {
      throw Refusal.conflict(
        "The cleared balance differs from the statement's by \(difference).")
    }
    portfolio.reconciliations.update(reconciliation.id) { $0.isFinished = true }
    return .noContent
  }

  func listReconciled(_ call: Call) throws(Refusal) -> Answer {
    let bank = try reconcilable(call)
    let reconciliation = try reconciliation(call)
    let rows = portfolio.bankMoves(bank).filter { move in
      reconciliation.transactionIds.contains(move.transactionId)
        || (!reconciliation.isFinished && move.day <= reconciliation.statementEnd
          && reconciliationStatus(move.transactionId, at: bank) == "UnReconciled")
    }
    let keys: SortKeys<Portfolio.BankMove> = [
      "id": { .id($0.transactionId) }, "entrydate": { .day($0.day) },
      "totalamount": { .money($0.amount) },
    ]
    return try list(rows, call, keys) { writer, move in
      let transaction = portfolio.transactions[move.transactionId]
      writer.put("Id", move.transactionId)
      writer.put("EntryDate", move.day)
      writer.put("TotalAmount", move.amount)
      writer.put(
        "ReconciliationStatus", reconciliationStatus(move.transactionId, at: bank))
      writer.put("TransactionType", transaction?.type.rawValue)
      writer.put("Memo", transaction?.memo)
      writer.put("PaymentMethod", transaction?.method ?? "None")
      writer.put("CheckNumber", transaction?.checkNumber)
      if case .tenant(let id) = transaction?.payee {
        writer.put("PayeeUserId", id)
      } else {
        writer.null("PayeeUserId")
      }
    }
  }
}
