import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

const row = (page: Page, address: string) => page.getByRole("row").filter({ hasText: address });

async function addEmail(page: Page, address: string) {
  await page.getByLabel("Address").fill(address);
  await page.getByRole("button", { name: "Add" }).click();
}

test.describe("channels", () => {
  test("are listed in the order of their positions", async ({ openChannels, page }) => {
    await openChannels();

    await expect(page.getByRole("rowheader")).toHaveText([
      "student@school.example",
      "5550100@sms.example.com",
      "student.home@example.org",
    ]);
  });

  test("can be added and removed", async ({ mock, openChannels, page }) => {
    await openChannels();

    await addEmail(page, "new@example.org");
    await expect(row(page, "new@example.org")).toContainText("unconfirmed");
    await row(page, "5550100@sms.example.com").getByRole("button", { name: "Remove" }).click();

    await expect(page.getByRole("status")).toHaveText("3 channels");
    await expect(row(page, "5550100@sms.example.com")).toHaveCount(0);
    expect(await mock.countRequests({ operation_id: "create_communication_channel", status: 200 })).toBe(1);
    expect(await mock.countRequests({ operation_id: "delete_communication_channel", status: 200 })).toBe(1);
    expect(await mock.requests({ violation: true })).toEqual([]);
  });

  test("are those of the user whose token is sent", async ({ mock, openChannels, page }) => {
    await mock.addUser({
      id: 100,
      name: "Nina New",
      tokens: ["nina-token"],
      channels: [{ id: 900, type: "email", address: "nina@example.org" }],
    });

    await openChannels("nina-token");

    await expect(page.getByRole("rowheader")).toHaveText(["nina@example.org"]);
  });

  test("have the time of the frozen clock", async ({ mock, openChannels, page }) => {
    await mock.freeze("2027-02-28T23:59:59Z");
    await openChannels();

    await addEmail(page, "before@example.org");
    await expect(row(page, "before@example.org")).toContainText("28 February 2027");
    await mock.advance(1);
    await addEmail(page, "after@example.org");

    await expect(row(page, "after@example.org")).toContainText("1 March 2027");
  });
});

test.describe("a new channel", () => {
  test("is confirmed by the link in its message", async ({ mock, openChannels, page, context }) => {
    await openChannels();
    await addEmail(page, "new@example.org");

    const message = await mock.waitForMessage({ to: "new@example.org", kind: "confirmation" });
    const mailClient = await context.newPage();
    await mailClient.goto(message.link!);
    await expect(mailClient.locator("body")).toContainText("new@example.org");
    await page.getByRole("button", { name: "Refresh" }).click();

    await expect(row(page, "new@example.org")).toContainText("active");
  });

  test("is confirmed by the test where the message does not matter", async ({ mock, openChannels, page }) => {
    await mock.confirm(3);

    await openChannels();

    await expect(row(page, "student.home@example.org")).toContainText("active");
  });

  test("with the address of another one shows Canvas's message", async ({ openChannels, page }) => {
    await openChannels();

    await addEmail(page, "student@school.example");

    await expect(page.getByRole("alert")).toContainText("unique!");
  });
});

test.describe("the page", () => {
  test("shows the channels after one more try if Canvas is not available once", async ({ mock, openChannels, page }) => {
    await mock.failNext(503, { operationId: "list_communication_channels" });
    await openChannels();
    await expect(page.getByRole("alert")).toContainText("not available (503)");

    await page.getByRole("button", { name: "Try again" }).click();

    await expect(page.getByRole("status")).toHaveText("3 channels");
    await expect(page.getByRole("alert")).toBeHidden();
    const requests = await mock.requests({ operation_id: "list_communication_channels" });
    expect(requests.map(({ status }) => status)).toEqual([200, 503]);
  });

  test("reports that Canvas did not respond if the connection ends", async ({ mock, openChannels, page }) => {
    await openChannels();
    await mock.addFault({
      match: { operation_id: "create_communication_channel" },
      effect: { kind: "dropped_connection", time: "before_change" },
    });

    await addEmail(page, "new@example.org");

    await expect(page.getByRole("alert")).toContainText("Canvas did not respond");
    expect(await mock.messages()).toEqual([]);
  });

  test("reports that Canvas did not find a channel, by the header Prefer", async ({ openChannels, page }) => {
    await openChannels();
    await page.setExtraHTTPHeaders({ Prefer: "code=404" });

    await row(page, "student.home@example.org").getByRole("button", { name: "Remove" }).click();

    await expect(page.getByRole("alert")).toContainText("did not find");
    await expect(page.getByRole("status")).toHaveText("3 channels");
  });

  test("reports an expired token", async ({ mock, openChannels, page }) => {
    await mock.freeze("2026-03-01T12:00:00Z");
    await mock.addToken(1, { value: "short-lived-token", expires_at: "2026-03-01T13:00:00Z" });
    await openChannels("short-lived-token");
    await expect(page.getByRole("status")).toHaveText("3 channels");

    await mock.advance(3600);
    await page.getByRole("button", { name: "Refresh" }).click();

    await expect(page.getByRole("alert")).toContainText("Expired access token.");
  });
});
