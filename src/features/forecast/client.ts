import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { ForecastBody, ForecastRequestBody } from "./api.ts";

export type { ForecastBody, ForecastRequestBody } from "./api.ts";

export interface ForecastClient {
  /** Starts a job that forecasts the error of the collection's answers with more anchors. */
  forecast(request?: ForecastRequestBody, options?: CallOptions): Promise<JobBody>;
  /** The latest finished forecast. */
  getForecast(options?: CallOptions): Promise<ForecastBody>;
}

export const createForecastClient = ({ json, post }: Transport, path: string): ForecastClient => ({
  forecast: (request = {}, options) => post(`${path}/forecast`, request, options),
  getForecast: (options) => json("GET", `${path}/forecast`, options),
});
