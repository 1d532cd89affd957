// The overlay of a portfolio's folder.
import Domain
import Sync

extension PortfolioFolder {
  /// What Buildium does not have. Files that are not there leave their part empty.
  ///
  /// - Throws: ``PortfolioError`` at the first element that cannot be read.
  public func overlay() throws(PortfolioError) -> Overlay {
    var overlay = Overlay()
    try read("ownership") { row throws(ProviderError) in
      overlay.ownership.append(
        OwnershipShare(
          propertyID: try row.id("PropertyId"), ownerID: try row.id("OwnerId"),
          ownershipPercentage: try row.decimal("OwnershipPercentage"),
          disbursementPercentage: try row.decimal("DisbursementPercentage"),
          effectiveFrom: try row.field(.date, "EffectiveFrom").date,
          effectiveTo: try row.field(.date, "EffectiveTo").date,
          isPrimary: try row.field(.boolean, "Primary").boolean ?? false))
    }
    try read("distribution_rules") { row throws(ProviderError) in
      overlay.distributionRules.append(
        DistributionRule(
          propertyID: try row.id("PropertyId"), reserveTarget: try row.money("ReserveTarget"),
          percent: try row.decimal("Percent"),
          holdsUnpaidBills: try row.field(.boolean, "HoldUnpaidBills").boolean ?? false,
          holdsUndeposited: try row.field(.boolean, "HoldUndeposited").boolean ?? false,
          carriesForwardLoss: try row.field(.boolean, "CarryForwardNegativeNOI").boolean ?? false,
          managementFee: try Self.fee(row)))
    }
    try read("management_agreements") { row throws(ProviderError) in
      overlay.managementAgreements.append(
        ManagementAgreement(
          propertyID: try row.id("PropertyId"), start: try row.field(.date, "Start").date,
          end: try row.field(.date, "End").date))
    }
    try read("owner_allocations") { row throws(ProviderError) in
      overlay.ownerAllocations.append(
        OwnerAllocation(
          transactionID: try row.id("TransactionId"), propertyID: try row.id("PropertyId"),
          ownerID: try row.id("OwnerId"), percent: try row.decimal("Percent")))
    }
    try read("bill_workflow") { row throws(ProviderError) in
      guard let state = try row.text("State") else {
        throw .unexpected("\(row.what): State is missing.")
      }
      overlay.billWorkflow.append(
        BillWorkflowState(
          billID: try row.id("BillId"), state: state,
          reversalBillID: try row.int("ReversalBillId"), voidReason: try row.text("VoidReason")))
    }
    let accounts = "overlay/management_income_accounts.json"
    if let file = try JSONArrayFile(folder: path, name: accounts) {
      try file.forEach { number, json throws(PortfolioError) in
        guard let id = json.int else {
          throw PortfolioError(
            file: accounts, element: number, "\(json.typeName) is not the id of a GL account.")
        }
        overlay.managementIncomeAccounts.append(id)
      }
    }
    return overlay
  }

  private static func fee(_ row: Wire) throws(ProviderError) -> ManagementFeeRule? {
    guard let json = row.value(["ManagementFee"]) else { return nil }
    let fee = try Wire(json, "\(row.what), ManagementFee")
    guard let type = try fee.text("Type") else {
      throw .unexpected("\(fee.what): Type is missing.")
    }
    return ManagementFeeRule(
      type: type, percent: fee.value(["Percent"]) == nil ? nil : try fee.decimal("Percent"),
      minimum: try fee.field(.money, "Minimum").money, flat: try fee.field(.money, "Flat").money,
      baseGLAccountIDs: try fee.references(.glAccounts, "BaseGLAccountIds").compactMap {
        Int($0.id)
      })
  }

  private func read(_ name: String, _ body: (Wire) throws(ProviderError) -> Void)
    throws(PortfolioError)
  {
    guard let file = try JSONArrayFile(folder: path, name: "overlay/\(name).json") else { return }
    try file.forEach { number, json throws(PortfolioError) in
      do throws(ProviderError) {
        try body(try Wire(json, "Row"))
      } catch {
        throw PortfolioError(file: file.name, element: number, error.message)
      }
    }
  }
}

extension Wire {
  /// A number or percentage that must be there.
  fileprivate func decimal(_ name: String) throws(ProviderError) -> DecimalText {
    guard case .decimal(let value) = try field(.decimal, name) else {
      throw .unexpected("\(what): \(name) is missing.")
    }
    return value
  }

  /// An amount that must be there.
  fileprivate func money(_ name: String) throws(ProviderError) -> Money {
    guard let value = try field(.money, name).money else {
      throw .unexpected("\(what): \(name) is missing.")
    }
    return value
  }
}
