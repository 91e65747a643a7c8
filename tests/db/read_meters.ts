// What a Next developer writes: the client that `prisma generate` made reads TwinQL's tables.
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient, ReadingQuality } from "./generated/prisma/client";

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });

const meters = await prisma.meter.findMany({
  where: { commodity: "ELECTRICITY" },
  orderBy: { serialNumber: "asc" },
  include: { asset: { include: { site: true, channels: { where: { key: "energy" } } } } },
});
const seen = [];
for (const meter of meters) {
  const [channel] = meter.asset.channels;
  const readings = await prisma.reading.findMany({
    where: { channelNumber: channel.number, quality: ReadingQuality.GOOD },
    orderBy: { observedAt: "asc" },
  });
  seen.push({
    serialNumber: meter.serialNumber satisfies string,
    name: meter.asset.name,
    timeZone: meter.asset.site.timeZone,
    unit: channel.unit,
    readings: readings.map((each) => [each.observedAt.toISOString(), each.value satisfies number | null]),
  });
}
await prisma.$disconnect();
console.log(JSON.stringify(seen));
