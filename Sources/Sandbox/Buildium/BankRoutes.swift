import Domain

/// Bank accounts and what moves them: checks, deposits, quick deposits, withdrawals, transfers.
enum BankRoutes {
  private static let range = "startdate!:date enddate!:date paging"

  static let all: [Route] =
    [
      .get(
        "/v1/bankaccounts", .banks,
        "bankaccountstatus:Active|InActive bankname:text routingnumbers:[text] paging"
      ) { (state, call) throws(Refusal) in
        try state.listBanks(call)
      },
      .send("POST", "/v1/bankaccounts", .banks, "BankPost") { (state, call) throws(Refusal) in
        try state.addBank(call)
      },
      .get("/v1/bankaccounts/#", .banks) { (state, call) throws(Refusal) in
        state.answer(try state.find(state.portfolio.banks, call.id(0), "bank account"))
      },
      .send("PUT", "/v1/bankaccounts/#", .banks, "BankPut") { (state, call) throws(Refusal) in
        try state.replaceBank(call)
      },
      .get(
        "/v1/bankaccounts/#/transactions", .banks,
        """
        selectionentityid:int selectionentitytype:Company|Rental|RentalOwner|Association
        startdate!:date enddate!:date paging
        """
      ) { (state, call) throws(Refusal) in
        try state.listBankTransactions(call)
      },
      .get("/v1/bankaccounts/#/transactions/#", .banks) { (state, call) throws(Refusal) in
        let bank = try state.find(state.portfolio.banks, call.id(0), "bank account")
        guard
          let move = state.portfolio.bankMoves(bank).first(where: {
            $0.transactionId == call.id(1)
          })
        else { throw Refusal.notFound("bank transaction") }
        return state.object { state.write(move, of: bank, &$0) }
      },
      .get("/v1/bankaccounts/#/undepositedfunds", .banks, "paging") {
        (state, call) throws(Refusal) in
        try state.listUndeposited(call)
      },
    ] + forms.flatMap(\.routes)

  /// The five kinds of bank transaction have the same four calls each.
  private struct Form: Sendable {
    var name: String
    var form: LedgerTransaction.BankForm
    var post: String
    var put: String
    var add: Route.Handler
    var replace: Route.Handler

    var routes: [Route] {
      let path = "/v1/bankaccounts/#/\(name)"
      let form = form
      return [
        .get(path, .banks, range) { (state, call) throws(Refusal) in
          let bank = try state.find(state.portfolio.banks, call.id(0), "bank account")
          let rows = state.portfolio.transactions.rows.filter {
            $0.form == form && $0.bankAccountGLId == bank.accountId
              && call.query.covers($0.day, from: "startdate", to: "enddate")
          }
          return try state.list(rows, call, keys) { state.writeBank($1, &$0) }
        },
        .send("POST", path, .banks, post, add),
        .get(path + "/#", .banks) { (state, call) throws(Refusal) in
          let transaction = try state.bankTransaction(call, form)
          return state.object { state.writeBank(transaction, &$0) }
        },
        .send("PUT", path + "/#", .banks, put, replace),
      ]
    }
  }

  private static let forms: [Form] = [
    Form(name: "checks", form: .check, post: "Check", put: "Check") {
      (state, call) throws(Refusal) in
      try state.addCheck(call)
    } replace: { (state, call) throws(Refusal) in
      try state.replaceCheck(call)
    },
    Form(name: "deposits", form: .deposit, post: "DepositPost", put: "DepositPut") {
      (state, call) throws(Refusal) in
      try state.addDeposit(call)
    } replace: { (state, call) throws(Refusal) in
      try state.replaceDeposit(call)
    },
    Form(name: "quickdeposits", form: .quickDeposit, post: "CashMove", put: "CashMove") {
      (state, call) throws(Refusal) in
      try state.addCashMove(.quickDeposit, call)
    } replace: { (state, call) throws(Refusal) in
      try state.replaceCashMove(.quickDeposit, call)
    },
    Form(name: "withdrawals", form: .withdrawal, post: "CashMove", put: "CashMove") {
      (state, call) throws(Refusal) in
      try state.addCashMove(.withdrawal, call)
    } replace: { (state, call) throws(Refusal) in
      try state.replaceCashMove(.withdrawal, call)
    },
    Form(name: "transfers", form: .transfer, post: "Transfer", put: "Transfer") {
      (state, call) throws(Refusal) in
      try state.addTransfer(call)
    } replace: { (state, call) throws(Refusal) in
      try state.replaceTransfer(call)
    },
  ]

  static let keys: SortKeys<LedgerTransaction> = [
    "id": { .id($0.id) }, "entrydate": { .day($0.day) }, "totalamount": { .money($0.total) },
    "checknumber": { .text($0.checkNumber) }, "memo": { .optional($0.memo) },
  ]
  static let bankKeys: SortKeys<BankAccount> = [
    "id": { .id($0.id) }, "name": { .text($0.name) }, "bankaccounttype": { .text($0.type) },
    "isactive": { .id($0.isActive ? 1 : 0) },
  ]
  /// The one list whose order knows a single member.
  static let moveKeys: SortKeys<Portfolio.BankMove> = ["entrydate": { .day($0.day) }]
}

extension BuildiumState {
  // MARK: Accounts

  func write(_ bank: BankAccount, balance: Money, _ writer: inout MessageWriter) {
    writer.put("Id", bank.id)
    write(account: bank.accountId, &writer)
    writer.object("CheckPrintingInfo") { writer in
      let checks = bank.checks
      writer.put("EnableRemoteCheckPrinting", checks.isRemoteEnabled)
      writer.put("EnableLocalCheckPrinting", checks.isLocalEnabled)
      writer.put("CheckLayoutType", checks.layout)
      writer.put("SignatureHeading", checks.signatureHeading)
      writer.put("FractionalNumber", checks.fractionalNumber)
      func line(_ lines: [String?], _ index: Int) -> String? {
        index < lines.count ? lines[index] : nil
      }
      writer.put("BankInformationLine1", line(checks.bankLines, 0))
      writer.put("BankInformationLine2", line(checks.bankLines, 1))
      writer.put("BankInformationLine3", line(checks.bankLines, 2))
      writer.put("BankInformationLine4", line(checks.bankLines, 3))
      writer.put("BankInformationLine5", line(checks.bankLines, 4))
      writer.put("CompanyInformationLine1", line(checks.companyLines, 0))
      writer.put("CompanyInformationLine2", line(checks.companyLines, 1))
      writer.put("CompanyInformationLine3", line(checks.companyLines, 2))
      writer.put("CompanyInformationLine4", line(checks.companyLines, 3))
      writer.put("CompanyInformationLine5", line(checks.companyLines, 4))
    }
    writer.null("ElectronicPayments")
    writer.put("Name", bank.name)
    writer.put("Description", bank.description)
    writer.put("BankAccountType", bank.type)
    writer.put("Country", bank.country)
    writer.put("AccountNumber", bank.number.map { "*****" + $0.suffix(4) })
    writer.put("RoutingNumber", bank.routingNumber)
    writer.put("IsActive", bank.isActive)
    writer.put("Balance", balance)
    writer.put("AccountNumberUnmasked", bank.number)
  }

  private func bankBalances() -> [Int32: Money] {
    let banks = Set(portfolio.banks.rows.map(\.accountId))
    var sums: [Int32: Money] = [:]
    for transaction in portfolio.transactions.rows {
      portfolio.forEachEntry(of: transaction, on: .cash) { account, debit, _ in
        if banks.contains(account) { sums[account, default: .zero].minorUnits += debit }
      }
    }
    return sums
  }

  func answer(_ bank: BankAccount) -> Answer {
    let balance = bankBalances()[bank.accountId] ?? .zero
    return object { write(bank, balance: balance, &$0) }
  }

  func listBanks(_ call: Call) throws(Refusal) -> Answer {
    let status = call.query.text("bankaccountstatus")
    let routing = call.query.words("routingnumbers")
    let rows = portfolio.banks.rows.filter { bank in
      (status.map { ($0 == "Active") == bank.isActive } ?? true)
        && call.query.matches(bank.name, "bankname")
        && (routing?.contains(bank.routingNumber ?? "") ?? true)
    }
    let balances = bankBalances()
    return try list(rows, call, BankRoutes.bankKeys) {
      write($1, balance: balances[$1.accountId] ?? .zero, &$0)
    }
  }

  private static func fill(_ bank: inout BankAccount, _ body: JSONValue) {
    bank.name = body.text("Name") ?? ""
    bank.description = body.text("Description")
    bank.type = body.text("BankAccountType") ?? "Checking"
    bank.country = body.text("Country") ?? "UnitedStates"
    bank.number = body.text("AccountNumber")
    bank.routingNumber = body.text("RoutingNumber")
    guard let printing = body.child("CheckPrintingInfo") else { return }
    bank.checks = BankAccount.CheckPrinting(
      isRemoteEnabled: printing.flag("EnableRemoteCheckPrinting") ?? false,
      isLocalEnabled: printing.flag("EnableLocalCheckPrinting") ?? false,
      layout: printing.text("CheckLayoutType") ?? "Voucher2StubsPrePrintedLayout",
      signatureHeading: printing.text("SignatureHeading"),
      fractionalNumber: printing.text("FractionalNumber"),
      bankLines: (1...5).map { printing.text("BankInformationLine\($0)") },
      companyLines: (1...5).map { printing.text("CompanyInformationLine\($0)") })
  }

  private func requireBankBody(_ body: JSONValue) throws(Refusal) {
    guard let country = body.text("Country"), Vocabulary.isCountry(country) else {
      throw Refusal.unprocessable("Country", "must be a country's name as UnitedStates")
    }
  }

  /// A bank account brings a general ledger account of its own.
  mutating func addBank(_ call: Call) throws(Refusal) -> Answer {
    try requireBankBody(call.body)
    let name = call.body.text("Name") ?? ""
    let accountId = portfolio.accounts.add { id in
      var account = GLAccount(id: id, name: name, subType: "CurrentAsset")
      (account.isBank, account.isCashAsset) = (true, true)
      return account
    }
    encodeAccounts()
    let id = portfolio.banks.add { id in
      var bank = BankAccount(id: id, accountId: accountId, name: name, type: "Checking")
      Self.fill(&bank, call.body)
      return bank
    }
    announce("BankAccount.Created", "BankAccountId", id, at: call.now)
    let bank = try find(portfolio.banks, id, "bank account")
    return created("/v1/bankaccounts/\(id)") { write(bank, balance: .zero, &$0) }
  }

  mutating func replaceBank(_ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    _ = try find(portfolio.banks, id, "bank account")
    try requireBankBody(call.body)
    portfolio.banks.update(id) { Self.fill(&$0, call.body) }
    announce("BankAccount.Updated", "BankAccountId", id, at: call.now)
    return answer(try find(portfolio.banks, id, "bank account"))
  }

  // MARK: Reading transactions

  func reconciliationStatus(_ transactionId: Int32, at bank: BankAccount) -> String {
    let found = portfolio.reconciliations.rows.first {
      $0.bankAccountId == bank.id && $0.transactionIds.contains(transactionId)
    }
    return found.map { $0.isFinished ? "Reconciled" : "Cleared" } ?? "UnReconciled"
  }

  func write(_ move: Portfolio.BankMove, of bank: BankAccount, _ writer: inout MessageWriter) {
    let transaction = portfolio.transactions[move.transactionId]
    writer.put("Id", move.transactionId)
    writer.put("EntryDate", move.day)
    writer.put("TransactionType", transaction?.type.rawValue)
    writer.put("CheckNumber", transaction?.checkNumber)
    writer.put("Memo", transaction?.memo)
    writer.put("Amount", move.amount)
    writer.put("ReconciliationStatus", reconciliationStatus(move.transactionId, at: bank))
    writer.array("PaidBy", transaction?.items ?? []) { writer, item in
      writer.object { writer in
        write(item.entity, &writer)
        writer.put("Amount", item.amount)
      }
    }
    writer.array("PaidTo", [transaction?.payee].compactMap { $0 }) { writer, payee in
      writer.object { write(payee, &$0) }
    }
    writer.put("Balance", move.balance)
  }

  func listBankTransactions(_ call: Call) throws(Refusal) -> Answer {
    let bank = try find(portfolio.banks, call.id(0), "bank account")
    let isIn = entityFilter(
      call.query.text("selectionentitytype"), call.query.id("selectionentityid"))
    let rows = portfolio.bankMoves(bank).filter { move in
      call.query.covers(move.day, from: "startdate", to: "enddate")
        && (isIn.map { wanted in
          guard let transaction = portfolio.transactions[move.transactionId] else { return false }
          return transaction.lines.contains { wanted($0.entity) }
            || transaction.items.contains { wanted($0.entity) }
        } ?? true)
    }
    return try list(rows, call, BankRoutes.moveKeys) { write($1, of: bank, &$0) }
  }

  func bankTransaction(
    _ call: Call, _ form: LedgerTransaction.BankForm
  ) throws(Refusal) -> LedgerTransaction {
    let bank = try find(portfolio.banks, call.id(0), "bank account")
    guard let transaction = portfolio.transactions[call.id(1)], transaction.form == form,
      transaction.bankAccountGLId == bank.accountId
    else { throw Refusal.notFound("transaction of the bank account") }
    return transaction
  }

  /// The message of any of the five forms.
  func writeBank(_ transaction: LedgerTransaction, _ writer: inout MessageWriter) {
    writer.put("Id", transaction.id)
    if transaction.form == .check {
      writer.object("Payee", transaction.payee) { write($1, withName: false, &$0) }
      writer.put("CheckNumber", transaction.checkNumber)
    }
    writer.put("EntryDate", transaction.day)
    writer.put("Memo", transaction.memo)
    writer.put("TotalAmount", transaction.total)
    let first = transaction.lines.first
    switch transaction.form {
    case .quickDeposit, .withdrawal:
      if let first { write(first.entity, &writer) }
      writer.put("OffsetGLAccountId", first?.accountId ?? 0)
    case .transfer:
      if let first { write(first.entity, &writer) }
      let target = transaction.lines.first { $0.debit > 0 }?.accountId
      writer.put(
        "TransferToBankAccountId",
        portfolio.banks.rows.first { $0.accountId == target }?.id ?? 0)
    case .check, .deposit, .none:
      let lines = transaction.lines.filter(\.isCash)
      writer.array("Lines", lines.enumerated()) { writer, entry in
        let (index, line) = entry
        writer.object { writer in
          writer.put("Id", transaction.id * 100 + Int32(index))
          write(line.entity, &writer)
          writer.put("GLAccountId", line.accountId)
          writer.put("Memo", line.memo)
          writer.put("ReferenceNumber", line.reference)
          let amount = transaction.form == .check ? line.debit : -line.debit
          writer.put("Amount", Money(minorUnits: amount))
        }
      }
      if transaction.form == .deposit {
        writer.put(
          "PaymentTransactionIds", Array(Set(transaction.items.map(\.paymentId))).sorted())
      }
    }
  }

  func listUndeposited(_ call: Call) throws(Refusal) -> Answer {
    let bank = try find(portfolio.banks, call.id(0), "bank account")
    let rows = portfolio.transactions.rows.filter { payment in
      payment.type == .payment && payment.depositId == nil && payment.bankAccountGLId == nil
        && payment.lines.first.flatMap { portfolio.bank(of: $0.entity.id) }?.id == bank.id
    }
    return try list(rows, call, BankRoutes.keys) { writer, payment in
      writer.object("GeneralLedgerTransaction") {
        $0.put("Id", payment.id)
        $0.put("Amount", payment.total)
        $0.put("CheckNumber", payment.checkNumber)
        $0.put("EntryDate", payment.day)
        $0.put("Memo", payment.memo)
      }
    }
  }
}
