import Domain

// The service's messages about accounts, transactions, bills and vendors.
extension BuildiumState {
  // MARK: Parts

  /// A GL account as it stands on a line: without its sub-accounts.
  func write(_ account: GLAccount, _ writer: inout MessageWriter) {
    write(account, subs: nil, &writer)
  }

  /// - Parameter subs: nil where the service leaves them out; they are one level deep.
  func write(_ account: GLAccount, subs: [GLAccount]?, _ writer: inout MessageWriter) {
    writer.put("Id", account.id)
    writer.put("AccountNumber", account.number)
    writer.put("Name", account.name)
    writer.put("Description", account.description)
    writer.put("Type", account.kind.rawValue)
    writer.put("SubType", account.subType)
    writer.put("IsDefaultGLAccount", account.isDefault)
    writer.put("DefaultAccountName", account.defaultName)
    writer.put("IsContraAccount", account.isContra)
    writer.put("IsBankAccount", account.isBank)
    writer.put("CashFlowClassification", account.cashFlow)
    writer.put("ExcludeFromCashBalances", account.isExcludedFromCash)
    if let subs {
      writer.array("SubAccounts", subs) { writer, sub in writer.object { write(sub, &$0) } }
    } else {
      writer.null("SubAccounts")
    }
    writer.put("IsActive", account.isActive)
    writer.put("ParentGLAccountId", account.parentId)
    writer.put("IsCreditCardAccount", false)
  }

  func subAccounts(of id: Int32) -> [GLAccount] {
    portfolio.accounts.rows.filter { $0.parentId == id }
  }

  func write(account id: Int32, _ writer: inout MessageWriter) {
    if let encoded = encodedAccount(id) {
      writer.put("GLAccount", encoded: encoded)
    } else {
      writer.null("GLAccount")
    }
  }

  static let api = "https://api.buildium.com/v1"

  func write(_ entity: Entity, withUnit: Bool = true, _ writer: inout MessageWriter) {
    writer.object("AccountingEntity") {
      $0.put("Id", entity.id)
      $0.put("AccountingEntityType", entity.kind.name)
      $0.put("Href", entity.kind == .rental ? "\(Self.api)/rentals/\(entity.id)" : nil)
      $0.object("Unit", withUnit && entity.unitId != 0 ? entity.unitId : nil) {
        $0.put("Id", $1)
        $0.put("Href", "\(Self.api)/rentals/units/\($1)")
      }
    }
  }

  /// - Parameter withName: a check's payee has none.
  func write(
    _ payee: LedgerTransaction.Payee, withName: Bool = true, _ writer: inout MessageWriter
  ) {
    let (id, name, type, path): (Int32, String?, String, String) =
      switch payee {
      case .tenant(let id):
        (id, portfolio.tenants[id]?.displayName, "Tenant", "leases/tenants")
      case .vendor(let id): (id, portfolio.vendors[id]?.displayName, "Vendor", "vendors")
      case .owner(let id): (id, portfolio.owners[id]?.displayName, "RentalOwner", "rentals/owners")
      }
    writer.put("Id", id)
    if withName { writer.put("Name", name) }
    writer.put("Type", type)
    writer.put("Href", "\(Self.api)/\(path)/\(id)")
  }

  func write(unitAgreement leaseId: Int32?, _ writer: inout MessageWriter) {
    writer.object("UnitAgreement", leaseId) {
      $0.put("Id", $1)
      $0.put("Type", "Lease")
      $0.put("Href", "\(Self.api)/leases/\($1)")
    }
  }

  // MARK: Transactions

  func write(_ transaction: LedgerTransaction, _ writer: inout MessageWriter) {
    writer.put("Id", transaction.id)
    writer.put("Date", transaction.day)
    writer.put("TransactionType", transaction.type.rawValue)
    writer.put("TotalAmount", transaction.total)
    writer.put("CheckNumber", transaction.checkNumber)
    write(unitAgreement: transaction.leaseId, &writer)
    writer.put("UnitId", transaction.unitId)
    writer.put("UnitNumber", transaction.unitId.flatMap { portfolio.units[$0]?.number })
    writer.object("PaymentDetail") { writer in
      writer.put("PaymentMethod", transaction.method)
      writer.object("Payee", transaction.payee) { write($1, &$0) }
      writer.put("IsInternalTransaction", false)
      writer.null("InternalTransactionStatus")
    }
    writer.object("DepositDetails") { writer in
      writer.put("BankGLAccountId", shownBank(of: transaction))
      writer.array("PaymentTransactions", transaction.items) { writer, item in
        writer.object { writer in
          writer.put("Id", item.paymentId)
          write(item.entity, &writer)
          writer.put("Amount", item.amount)
        }
      }
    }
    writer.null("Application")
    writer.object("Journal") { writer in
      writer.put("Memo", transaction.memo)
      writer.array("Lines", transaction.lines) { writer, line in
        writer.object { writer in
          write(account: line.accountId, &writer)
          writer.put(
            "Amount",
            portfolio.shownAmount(of: line, in: transaction.type, options.signConvention))
          writer.put("IsCashPosting", line.isCash)
          writer.put("ReferenceNumber", line.reference)
          writer.put("Memo", line.memo)
          write(line.entity, &writer)
        }
      }
    }
    writer.put("LastUpdatedDateTime", transaction.updated)
  }

  /// A check does not say which bank it was drawn on when that is the property's own.
  private func shownBank(of transaction: LedgerTransaction) -> Int32? {
    guard transaction.type == .check, let bank = transaction.bankAccountGLId,
      let entity = transaction.lines.first?.entity
    else { return transaction.bankAccountGLId }
    var plain = transaction
    plain.bankAccountGLId = nil
    return portfolio.cashAccount(of: plain, for: entity) == bank ? nil : bank
  }

  func writeLedger(_ transaction: LedgerTransaction, _ writer: inout MessageWriter) {
    let lines = portfolio.ledgerLines(of: transaction)
    writer.put("Id", transaction.id)
    writer.put("Date", transaction.day)
    writer.put(
      "TransactionType",
      transaction.isPrepayment ? "Applied Prepayment" : transaction.type.displayName)
    writer.put("TransactionTypeEnum", transaction.type.rawValue)
    writer.put("TotalAmount", lines.reduce(Money.zero) { $0 + $1.amount })
    writer.put("CheckNumber", transaction.checkNumber)
    writer.put("LeaseId", transaction.leaseId)
    if case .tenant(let id) = transaction.payee {
      writer.put("PayeeTenantId", id)
    } else {
      writer.null("PayeeTenantId")
    }
    writer.put("PaymentMethod", transaction.method)
    writer.object("Journal") { writer in
      writer.put("Memo", transaction.memo)
      writer.array("Lines", lines) { writer, entry in
        writer.object { writer in
          write(account: entry.line.accountId, &writer)
          writer.put("Amount", entry.amount)
          writer.put("IsCashPosting", entry.line.isCash)
          writer.put("ReferenceNumber", entry.line.reference ?? transaction.reference)
          writer.put("Memo", entry.line.memo)
          writer.put("PropertyId", entry.line.entity.id)
          writer.put("UnitId", entry.line.entity.unitId)
        }
      }
    }
  }

  func writeCharge(_ charge: LedgerTransaction, _ writer: inout MessageWriter) {
    writer.put("Id", charge.id)
    writer.put("Date", charge.day)
    writer.put("TotalAmount", charge.total)
    writer.put("Memo", charge.memo)
    writer.put("BillId", charge.billId)
    writer.array("Lines", charge.lines) { writer, line in
      writer.object {
        $0.put("Amount", Money(minorUnits: -line.debit))
        $0.put("GLAccountId", line.accountId)
      }
    }
  }

  func writeRefund(
    _ transaction: LedgerTransaction, _ detail: RefundDetail, _ writer: inout MessageWriter
  ) {
    writer.put("Id", transaction.id)
    writer.put("Date", transaction.day)
    writer.array("Payees", detail.payeeIds) { writer, id in
      writer.object { write(.tenant(id), &$0) }
    }
    writer.put("Memo", transaction.memo)
    writer.put("CheckNumber", transaction.checkNumber)
    writer.put("BankAccountId", detail.bankAccountId)
    writer.object("Address", detail.address) { write($1, &$0) }
    writer.put("TotalAmount", transaction.total)
    writer.array("Lines", transaction.lines.filter(\.isCash)) { writer, line in
      writer.object {
        $0.put("Amount", Money(minorUnits: line.debit))
        $0.put("GLAccountId", line.accountId)
      }
    }
  }

  // MARK: Bills

  func write(_ bill: Bill, _ writer: inout MessageWriter) {
    writer.put("Id", bill.id)
    writer.put("Date", bill.day)
    writer.put("DueDate", bill.due)
    writer.put("PaidDate", bill.paidDay)
    writer.put("Memo", bill.memo)
    writer.put("VendorId", bill.vendorId)
    writer.put("WorkOrderId", bill.workOrderId)
    writer.put("ReferenceNumber", bill.reference)
    writer.put("ApprovalStatus", bill.approval)
    writer.array("Lines", bill.lines) { writer, line in
      writer.object { writer in
        writer.put("Id", line.id)
        write(line.entity, &writer)
        write(account: line.accountId, &writer)
        writer.put("Amount", line.amount)
        writer.object("Markup", line.markup) {
          $0.put("Amount", $1.amount)
          $0.put("Type", $1.kind)
        }
        writer.put("Memo", line.memo)
      }
    }
  }

  func write(_ payment: BillPayment, _ writer: inout MessageWriter) {
    writer.put("Id", payment.id)
    writer.put("BankAccountId", payment.bankAccountId)
    writer.put("EntryDate", payment.day)
    writer.put("Memo", payment.memo)
    writer.put("CheckNumber", payment.checkNumber)
    writer.put("PaidBillIds", payment.billIds)
    writer.array("AppliedVendorCredits", payment.creditIds) { writer, id in
      writer.object {
        $0.put("Id", id)
        let vendor = portfolio.credits[id]?.vendorId ?? 0
        $0.put("Href", "\(Self.api)/vendors/\(vendor)/credits/\(id)")
      }
    }
    writer.array("Lines", payment.allocations) { writer, line in
      writer.object { writer in
        writer.object("AccountingEntity") {
          $0.put("Id", line.entity.id)
          $0.put("AccountingEntityType", line.entity.kind.name)
          $0.put("UnitId", line.entity.unitId == 0 ? nil : line.entity.unitId)
        }
        writer.put("GLAccountId", line.accountId)
        writer.put("Amount", line.amount)
      }
    }
  }

  func write(_ file: StoredFile, _ writer: inout MessageWriter) {
    writer.put("Id", file.id)
    writer.put("Title", file.title)
    writer.put("PhysicalFileName", file.physicalName)
    writer.put("Size", file.size)
    writer.put("ContentType", file.contentType)
    writer.put("UploadedDateTime", file.uploaded)
  }

  // MARK: Vendors

  func write(_ vendor: Vendor, _ writer: inout MessageWriter) {
    writer.put("Id", vendor.id)
    writer.put("IsCompany", vendor.isCompany)
    writer.put("IsActive", vendor.isActive)
    writer.put("FirstName", vendor.firstName)
    writer.put("LastName", vendor.lastName)
    writer.put("PrimaryEmail", vendor.email)
    writer.put("AlternateEmail", vendor.alternateEmail)
    writer.put("CompanyName", vendor.companyName)
    write(vendor.phones, &writer)
    writer.put("Website", vendor.website)
    writer.object("Category", portfolio.categories[vendor.categoryId]) {
      $0.put("Id", $1.id)
      $0.put("Name", $1.name)
    }
    writer.object("Address", vendor.address) { write($1, &$0) }
    writer.object("VendorInsurance", vendor.insurance) {
      $0.put("Provider", $1.provider)
      $0.put("PolicyNumber", $1.policy)
      // A moment when read, a date when written.
      $0.put("ExpirationDate", $1.expires?.instant())
    }
    writer.put("Comments", vendor.comments)
    writer.put("AccountNumber", vendor.accountNumber)
    writer.put("ExpenseGLAccountId", vendor.expenseAccountId)
    writer.object("TaxInformation", vendor.tax) { write($1, &$0) }
  }

  /// A credit, or with a bank account a refund.
  func write(_ credit: VendorCredit, _ writer: inout MessageWriter) {
    writer.put("Id", credit.id)
    writer.put("EntryDate", credit.day)
    if let bank = credit.refundBankAccountId {
      writer.put("BankAccountId", bank)
      writer.null("CreditCardAccountId")
      writer.put("PaymentMethod", credit.method)
    }
    writer.put("ReferenceNumber", credit.reference)
    writer.put("Memo", credit.memo)
    writer.array("Lines", credit.lines) { writer, line in
      writer.object { writer in
        writer.put("Id", line.id)
        writer.put("GLAccountId", line.accountId)
        writer.put("Amount", line.amount)
        writer.put("Memo", line.memo)
        write(line.entity, &writer)
      }
    }
  }
}
