import Domain

/// The account itself, its lock period and its staff.
enum AdministrationRoutes {
  static let all: [Route] = [
    .get("/v1/administration/account", .account) { (state, _) throws(Refusal) in
      state.object { state.writeAccountInformation(&$0) }
    },
    .get("/v1/administration/accountinglockperiod", .settings) { (state, _) throws(Refusal) in
      state.object { writer in
        writer.object("Global", state.portfolio.lockDate) { $0.put("LockDate", $1) }
        writer.array("Overrides", [Int]()) { _, _ in }
        writer.put("FinancialAdministratorUserIds", [Int32(301)])
      }
    },
    .get(
      "/v1/users", .users,
      """
      roleids:[int] usertypes:[Staff|RentalOwner|Vendor] status:Inactive|Active name:text
      email:text paging
      """
    ) { (state, call) throws(Refusal) in
      let types = call.query.words("usertypes")
      let status = call.query.text("status")
      let rows = state.portfolio.users.rows.filter { user in
        (types?.contains("Staff") ?? true)
          && (status.map { ($0 == "Active") == user.isActive } ?? true)
          && call.query.matches(fullName(user.firstName, user.lastName), "name")
          && call.query.matches(user.email, "email")
      }
      return try state.list(rows, call, keys) { state.write($1, &$0) }
    },
    .get("/v1/users/#", .users) { (state, call) throws(Refusal) in
      let user = try state.find(state.portfolio.users, call.id(0), "user")
      return state.object { state.write(user, &$0) }
    },
  ]

  static let keys: SortKeys<StaffUser> = [
    "id": { .id($0.id) }, "firstname": { .text($0.firstName) }, "lastname": { .text($0.lastName) },
    "email": { .text($0.email) },
  ]
}

extension BuildiumState {
  func writeAccountInformation(_ writer: inout MessageWriter) {
    writer.put("Id", options.accountId)
    writer.put("CompanyName", portfolio.companyName)
    writer.put("Url", "https://harborandpine.example.com")
    let contact = portfolio.users.rows.first
    writer.object("Contact", contact) { writer, user in
      writer.put("FirstName", user.firstName)
      writer.put("LastName", user.lastName)
      writer.object("Address", portfolio.properties.rows.first?.address) { write($1, &$0) }
      writer.put("PhoneNumber", user.phones.first?.number)
    }
    writer.object("AccountingSettings") {
      $0.put("AccountingBookId", Entity.company.id)
      $0.put("DefaultBankAccountId", portfolio.banks.rows.first?.id)
      $0.put("DefaultAccountingBasis", "Cash")
      $0.put("TrustAccountWarning", "ByProperty")
      $0.put("FiscalYearEndMonth", 12)
      $0.put("FiscalYearEndDay", 31)
    }
  }

  func write(_ user: StaffUser, _ writer: inout MessageWriter) {
    writer.put("Id", user.id)
    writer.array("UserTypes", ["Staff"]) { $0.value($1) }
    writer.put("IsActive", user.isActive)
    writer.null("LastLogin")
    writer.put("FirstName", user.firstName)
    writer.put("LastName", user.lastName)
    writer.put("CompanyName", "")
    writer.put("Email", user.email)
    writer.null("AlternateEmail")
    write(user.phones, &writer)
    writer.object("UserRole") {
      $0.put("Id", 1)
      $0.put("Name", "Property manager")
      $0.null("Description")
      $0.put("NumberOfUsers", portfolio.users.count)
    }
    writer.put("IsCompany", false)
  }
}
